# SPDX-License-Identifier: GPL-2.0-or-later
"""test_neighbours.py - Shunt follows links, routes and neighbours without being told."""
import time

import pytest

from lab import (BACKENDS, BACKENDS6, CLIENT, CLIENT6, DIRECTOR, DIRECTOR6, DR_VIP, DR_VIP6,
                 NAT_VIP, NAT_VIP6, on_link, run, wait_until)
from shuntd import service
from traffic import answers, curl

NEW_MAC = "02:00:00:00:aa:01"
OURS = 83  # the protocol that shuntd names in what it adds to the kernel's tables


def neighbour_mac(lab, address):
    done = lab.director.run("ip", "neigh", "show", "to", address, "dev", "eth0")
    words = done.stdout.split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else None


@pytest.mark.parametrize("forward, vip", [("dr", DR_VIP), ("nat", NAT_VIP)], ids=["dr", "nat"])
def test_a_replaced_interface(lab, servers, start, forward, vip):
    shuntd = start(service("web", f"tcp:{vip}:80", forward, BACKENDS[:1]), {"web": 1})
    assert answers(lab.client, vip, 5) == {"b1": 5}
    backend = lab.backends[0]
    lab.switch.ip("link del b1\n")
    lab.plug(backend, "b1", mac=NEW_MAC)
    lab.address_backend(0, backend)
    backend.run("ip", "link", "set", "eth0", "up")
    # It says hello, as a new host does: the director's kernel learns its MAC from that.
    backend.spawn("hello", "ping", "-i", "0.1", "-c", "20", "10.77.0.1")
    wait_until(lambda: neighbour_mac(lab, BACKENDS[0]) == NEW_MAC, 10, "the kernel's new neighbour")
    learnt = time.monotonic()
    hop = wait_until(lambda: (shuntd.backends("web")[f"{BACKENDS[0]}:80"]["status"]["next_hop"] or
                              {}).get("mac") == NEW_MAC, 1, "the new MAC in the director")
    assert hop
    wait_until(lambda: curl(lab.client, f"http://{vip}/", check=False, timeout=1).stdout == "b1\n",
               3, "traffic to the new MAC")
    assert time.monotonic() - learnt < 1


def test_a_changed_mac_is_found_without_a_hello(lab, servers, start):
    """Nobody announces it: the failed check has the neighbour asked, which by itself takes up to a
    minute. Three probes to the old MAC, a second each, then one to everybody."""
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", "dr", BACKENDS[:1]), {"web": 1})
    lab.backends[0].ip(f"link set eth0 address {NEW_MAC}\n")
    wait_until(lambda: neighbour_mac(lab, BACKENDS[0]) == NEW_MAC, 8, "the kernel's new neighbour")
    wait_until(lambda: shuntd.states("web")[f"{BACKENDS[0]}:80"] == "up", 5, "b1 up again")
    assert answers(lab.client, DR_VIP, 5) == {"b1": 5}


@pytest.mark.parametrize("far, vip, near", [
    ("10.99.0.9", NAT_VIP, BACKENDS[0]), ("2001:db8:99::9", NAT_VIP6, BACKENDS6[0])], ids=["4", "6"])
def test_no_route_is_unreachable_and_comes_back(lab, servers, start, far, vip, near):
    shuntd = start(service("web", at(vip), "nat", [far, near]), {"web": 1})
    backend = port_80(far)
    state = shuntd.backends("web")[backend]["status"]
    assert state["state"] == "unreachable" and state["reason"] == f"no route to {far}"
    assert state["next_hop"] is None
    assert f"no route to {far}" in shuntd.shunt("list").stdout
    lab.backends[0].ip(f"addr add {far} dev lo\n")
    lab.director.ip(f"route add {far} via {near}\n")
    wait_until(lambda: shuntd.states("web")[backend] == "up", 10, f"{far} up by its new route")
    assert shuntd.backends("web")[backend]["status"]["next_hop"]["via"] == near
    lab.director.ip(f"route del {far}\n")
    wait_until(lambda: shuntd.states("web")[backend] == "unreachable", 5, "no route, no backend")


def host_of(address):
    """As it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def port_80(address):
    return f"{host_of(address)}:80"


def at(vip):
    return f"tcp:{port_80(vip)}"


@pytest.mark.parametrize("vip, backends", [(DR_VIP, BACKENDS), (DR_VIP6, BACKENDS6)], ids=["4", "6"])
def test_idle_neighbours_stay_resolved(lab, servers, start, vip, backends):
    """Managed entries: also when nobody talks to the backend (kind = none)."""
    start(service("web", at(vip), "dr", backends, check="kind = none"), {"web": 3})
    done = lab.director.run("ip", "-d", "neigh", "show", "dev", "eth0")
    managed = {line.split()[0] for line in done.stdout.splitlines() if "managed" in line}
    assert managed >= set(backends)


@pytest.mark.parametrize("vip, client, backends", [
    (NAT_VIP, CLIENT, BACKENDS), (NAT_VIP6, CLIENT6, BACKENDS6)], ids=["4", "6"])
def test_a_clients_neighbour_is_lost_once(lab, servers, start, vip, client, backends):
    """The kernel does not see replies, and throws an idle neighbour away when it has many: the one
    that a reply has asked for is kept from then on."""
    shuntd = start(service("web", at(vip), "nat", backends), {"web": 3})

    def managed():
        return "managed" in lab.director.run("ip", "-d", "neigh", "show", "to", client).stdout

    assert answers(lab.client, host_of(vip), 5).total() == 5
    assert not managed() and shuntd.json("status")["neighbours"]["kept"] == 0
    lab.director.ip(f"neigh del {client} dev eth0\n")
    assert answers(lab.client, host_of(vip), 5).total() == 5  # the first one's reply comes again
    wait_until(managed, what="the client's neighbour to be kept")
    assert shuntd.json("status")["neighbours"] == {"kept": 1, "max": 256, "refused": 0}
    assert "kept for replies 1 of 256, refused 0" in shuntd.shunt("status").stdout
    shuntd.stop()
    shuntd.start()
    assert shuntd.json("status")["neighbours"]["kept"] == 1 and managed()


def test_all_that_were_kept_are_found_again(lab, servers, start):
    """More than are kept at most may stand there from a daemon before, since backends' are among
    them: none stays kept for ever because nobody knows it."""
    kept = [f"10.77.0.{i}" for i in range(100, 250)] + [f"2001:db8:77::{i:x}"
                                                        for i in range(256, 406)]
    lab.backends[0].ip("".join(f"addr add {on_link(a)} dev eth0 nodad\n" for a in kept))
    lab.director.ip("".join(f"neigh add {a} dev eth0 managed protocol {OURS}\n" for a in kept))
    shuntd = start(service("web", at(NAT_VIP), "nat", BACKENDS), {"web": 3})
    assert shuntd.json("status")["neighbours"]["kept"] == len(kept)


def test_backends_behind_a_bridge(make_lab):
    """The director's eth1 is a port of its bridge, which has the address that the route names: packets
    leave by the port. When a backend is behind another port, they leave by that."""
    from shuntd import Shuntd, config
    lab = make_lab(arms=2)
    for host in lab.backends:
        lab.nginx(host)
    lab.plug(lab.director, "director2", "eth2", 1, peer_program=True)
    lab.switch.ip("link set director2 down\n")  # two ways at once would be a loop
    lab.director.ip("link add br9 type bridge forward_delay 0\n"
                    "link set eth1 master br9\nlink set eth2 master br9\nlink set br9 up\n" +
                    "".join(f"addr del {on_link(a)} dev eth1\naddr add {on_link(a)} dev br9\n"
                            for a in (DIRECTOR, DIRECTOR6)))
    lab.director.run("sysctl", "-q", "-w", "net.ipv4.conf.eth2.send_redirects=0")
    vips = {DR_VIP: BACKENDS, NAT_VIP: BACKENDS, DR_VIP6: BACKENDS6, NAT_VIP6: BACKENDS6}
    forwards = {DR_VIP: "dr", NAT_VIP: "nat", DR_VIP6: "dr", NAT_VIP6: "nat"}
    names = {vip: f"web{i}" for i, vip in enumerate(vips)}
    shuntd = Shuntd(lab, config("".join(
        service(names[vip], at(vip), forwards[vip], backends) for vip, backends in vips.items()),
        interfaces=("eth0", "eth1", "eth2")))
    shuntd.start()
    shuntd.wait_up(*names.values())

    def ports():
        return {(backend["status"]["next_hop"] or {}).get("interface")
                for name in names.values() for backend in shuntd.backends(name).values()}

    assert ports() == {"eth1"}
    for vip in vips:
        assert set(answers(lab.client, host_of(vip), 60)) == {"b1", "b2", "b3"}
    lab.switch.ip("link set director1 down\nlink set director2 up\n")
    wait_until(lambda: ports() == {"eth2"}, 10, "the other port")
    shuntd.wait_up(*names.values())
    for vip in vips:
        assert set(answers(lab.client, host_of(vip), 60)) == {"b1", "b2", "b3"}


def test_two_interfaces(make_lab):
    """Clients on eth0, backends on eth1: packets cross from one to the other."""
    from shuntd import Shuntd, config  # the fixture's names stand for one-armed labs
    lab = make_lab(arms=2)
    for host in lab.backends:
        lab.nginx(host)
    shuntd = Shuntd(lab, config(
        service("web-dr", f"tcp:{DR_VIP}:80", "dr", BACKENDS) +
        service("web-nat", f"tcp:{NAT_VIP}:80", "nat", BACKENDS), interfaces=("eth0", "eth1")))
    shuntd.start()
    shuntd.wait_up("web-dr", "web-nat")
    for vip in (DR_VIP, NAT_VIP):
        assert set(answers(lab.client, vip, 60)) == {"b1", "b2", "b3"}
    assert [(i["name"], i["mode"]) for i in shuntd.json("status")["interfaces"]] == [
        ("eth0", "native"), ("eth1", "native")]
    # detached, eth0's packets pass to the kernel, which knows no such address
    shuntd.shunt("detach", "eth0")
    assert curl(lab.client, f"http://{NAT_VIP}/", check=False, timeout=1).returncode != 0
    shuntd.shunt("attach", "eth0")
    assert answers(lab.client, NAT_VIP, 10).total() == 10
    assert run("ip", "-n", lab.director.netns, "link", "show", "eth0").stdout.count("xdp") >= 1
