# SPDX-License-Identifier: GPL-2.0-or-later
"""test_neighbours.py - Shunt follows links, routes and neighbours without being told."""
import time

import pytest

from lab import BACKENDS, DR_VIP, NAT_VIP, run, wait_until
from shuntd import service
from traffic import answers, curl

NEW_MAC = "02:00:00:00:aa:01"


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


def test_no_route_is_unreachable_and_comes_back(lab, servers, start):
    far = "10.99.0.9"
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", [far, BACKENDS[0]]), {"web": 1})
    state = shuntd.backends("web")[f"{far}:80"]["status"]
    assert state["state"] == "unreachable" and far in state["reason"]
    assert state["next_hop"] is None
    lab.backends[0].ip(f"addr add {far}/32 dev lo\n")
    lab.director.ip(f"route add {far}/32 via {BACKENDS[0]}\n")
    wait_until(lambda: shuntd.states("web")[f"{far}:80"] == "up", 10, f"{far} up by its new route")
    assert shuntd.backends("web")[f"{far}:80"]["status"]["next_hop"]["via"] == BACKENDS[0]
    lab.director.ip(f"route del {far}/32\n")
    wait_until(lambda: shuntd.states("web")[f"{far}:80"] == "unreachable", 5, "no route, no backend")


def test_idle_neighbours_stay_resolved(lab, servers, start):
    """Managed entries: also when nobody talks to the backend (kind = none)."""
    start(service("web", f"tcp:{DR_VIP}:80", "dr", BACKENDS, check="kind = none"), {"web": 3})
    done = lab.director.run("ip", "-d", "neigh", "show", "dev", "eth0")
    managed = {line.split()[0] for line in done.stdout.splitlines() if "managed" in line}
    assert managed >= set(BACKENDS)


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
