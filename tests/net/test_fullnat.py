# SPDX-License-Identifier: GPL-2.0-or-later
"""test_fullnat.py - the pool of addresses and ports: filled to the last port, refused, used again;
and across what happens to the daemon, the backends and the pool itself."""
import json
import subprocess

import pytest

from lab import BACKENDS, DIRECTOR, family, listens, wait_until
from modes import POOL, POOL_NET, VIPS
from shuntd import Shuntd, config, service
from traffic import NET

VIP, PORT = VIPS["fullnat"][0], 7000
SECOND_CLIENT = "10.78.0.3"
LOW = 1024
GONE_S = 40  # a closed flow's port is free again, with the walk over the flows


class Held:
    """Connections from one address of the client; see marks.py."""

    def __init__(self, lab, source, name):
        self.process = lab.client.spawn(f"marks-{name}", "/usr/bin/python3", f"{NET}/marks.py",
                                        "hold", VIP, str(PORT), source, name,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        self.say(command)
        return self.hear()

    def say(self, command):
        self.process.popen.stdin.write(f"{command}\n")
        self.process.popen.stdin.flush()

    def hear(self):
        line = self.process.popen.stdout.readline()
        assert line, self.process.log()
        return json.loads(line)


def all_right(held, count):
    for one in held:
        one.say("check")
    answers = [one.hear() for one in held]
    assert sum(answer["wrong"] for answer in answers) == 0
    assert sum(answer["right"] for answer in answers) == count


def settings(ports, pool=POOL[0]):
    return f'fullnat_pool = {{"{pool}"}}\nfullnat_ports = {LOW}-{LOW + ports - 1}'


def marked(backends):
    return service("marks", f"tcp:{VIP}:{PORT}", "fullnat", backends)


@pytest.fixture
def site(make_lab):
    """Two backends that know a way to the pool and to nobody else, with marks.py on each."""
    lab = make_lab(backends=2)
    lab.client.ip(f"addr add {SECOND_CLIENT}/24 dev eth0\n")
    for address, host in zip(BACKENDS, lab.backends):
        host.ip(f"route del default\nroute add {POOL_NET[0]} via {DIRECTOR}\n", "-4")
        host.spawn(f"marks-{host.name}", "/usr/bin/python3", f"{NET}/marks.py", "serve", address,
                   str(PORT))
        wait_until(lambda host=host: listens(host, PORT), what="marks.py to listen")
    return lab


def start(lab, backends=BACKENDS[:2], **options):
    shuntd = Shuntd(lab, config(marked(backends), settings=settings(**options)))
    shuntd.start()
    shuntd.wait_up("marks", count=len(backends))
    return shuntd


def ports(shuntd):
    return shuntd.json("status")["ports"]


def drops(shuntd):
    """fullnat's own: not what a full queue on the wire loses."""
    return {r["name"]: r["count"] for r in shuntd.get("/v1/drops")["reasons"]
            if r["count"] and r["verdict"] == "drop" and r["name"].startswith("fullnat")}


@pytest.mark.parametrize("size", [5000, pytest.param(25000, marks=pytest.mark.long)])
def test_the_pool_is_filled_refused_and_used_again(site, size):
    """It refuses when every port has a flow, and not before; no answer reaches a wrong client."""
    shuntd = start(site, ports=size)
    none = {"total": 0, "free": 0}
    one = {"total": size, "free": size}
    assert ports(shuntd) == {"max": 131072, "total": 2 * size, "used": 0, "free": 2 * size,
                             "resting": 0,
                             "kinds": {"tcp4": one, "udp4": one, "tcp6": none, "udp6": none}}
    held = [Held(site, "10.78.0.2", "one"), Held(site, SECOND_CLIENT, "two")]
    for one in held:
        one.say(f"open {size // 2}")
    assert [one.hear()["open"] for one in held] == [size // 2] * 2
    assert ports(shuntd)["used"] == size  # UDP's are for UDP
    assert not drops(shuntd)
    all_right(held, size)
    assert {b["status"]["counters"]["connections"] > size // 3
            for b in shuntd.backends("marks").values()} == {True}

    assert held[0].ask("open 20")["open"] == 0
    wait_until(lambda: any("TCP over IPv4" in alarm["text"] for alarm in
                           shuntd.json("status")["alarms"]), what="the alarm of a full pool")
    assert "tcp4: 0 of" in shuntd.shunt("status").stdout
    assert set(drops(shuntd)) == {"fullnat_pool_full"}
    assert drops(shuntd)["fullnat_pool_full"] >= 20
    all_right(held, size)

    part = size // 5
    for one in held:
        one.ask(f"close {part}")
    wait_until(lambda: ports(shuntd)["used"] == size - 2 * part, GONE_S, "ports of closed flows")
    wait_until(lambda: not shuntd.json("status")["alarms"], what="the alarm to go")
    assert held[0].ask(f"open {part}")["open"] == part
    assert held[1].ask(f"open {part}")["open"] == part
    assert ports(shuntd)["used"] == size
    all_right(held, size)


def test_flows_stay_across_restarts(site):
    shuntd = start(site, ports=100)
    held = [Held(site, "10.78.0.2", "one")]
    assert held[0].ask("open 60")["open"] == 60
    shuntd.stop()
    all_right(held, 60)
    shuntd.start()
    shuntd.wait_up("marks", count=2)
    assert ports(shuntd)["used"] == 60
    assert held[0].ask("open 40")["open"] == 40
    assert held[0].ask("open 1")["open"] == 0
    shuntd.process.stop(9)
    all_right(held, 100)
    shuntd.start()
    held[0].ask("close 100")
    wait_until(lambda: ports(shuntd)["free"] == 200, GONE_S, "every port free again")


def test_a_removed_backend_keeps_its_flows(site):
    shuntd = start(site, ports=100)
    held = [Held(site, "10.78.0.2", "one")]
    assert held[0].ask("open 60")["open"] == 60
    shuntd.shunt("backend", "remove", "marks", f"{BACKENDS[0]}:{PORT}")
    wait_until(lambda: list(shuntd.states("marks")) == [f"{BACKENDS[1]}:{PORT}"],
               what="the backend removed")
    all_right(held, 60)
    assert held[0].ask("open 10")["open"] == 10
    all_right(held, 70)


def test_an_address_that_another_host_has_gets_no_flows(site):
    taken = "10.77.0.98"
    site.backends[0].ip(f"addr add {taken}/24 dev eth0\n")
    shuntd = start(site, ports=100, pool=f'{taken}", "{POOL[0]}')
    wait_until(lambda: ports(shuntd)["free"] == 200, what="the ports of the other address alone")
    assert taken in shuntd.json("status")["alarms"][0]["text"]
    held = [Held(site, "10.78.0.2", "one")]
    assert held[0].ask("open 60")["open"] == 60
    all_right(held, 60)
    assert ports(shuntd)["total"] == 200


def test_the_pool_can_be_changed(site):
    """An address that is let go stays until its flows have ended; a director's own is used as long as
    nobody else uses its ports."""
    shuntd = start(site, ports=100)
    held = [Held(site, "10.78.0.2", "one")]
    assert held[0].ask("open 10")["open"] == 10
    addresses = lambda: site.director.run("ip", "-4", "-o", "addr").stdout  # noqa: E731
    assert POOL[0] in addresses()

    def apply(new, check=True):
        path = f"{site.dir}/new.conf"
        with open(path, "w", encoding="ascii") as file:
            file.write(config(marked(BACKENDS[:2]), settings=new))
        return shuntd.shunt("apply", path, check=check)

    refused = apply(settings(ports=100, pool=DIRECTOR).replace("1123", "40000"), check=False)
    assert refused.returncode == 1 and "ip_local_port_range" in refused.stderr
    site.director.spawn("listener", "/usr/bin/python3", f"{NET}/marks.py", "serve", DIRECTOR, "1100")
    wait_until(lambda: listens(site.director, 1100), what="a listener on the director")
    refused = apply(settings(ports=100, pool=DIRECTOR), check=False)
    assert refused.returncode == 1 and "tcp port 1100" in refused.stderr
    refused = apply(settings(ports=200), check=False)
    assert refused.returncode == 1 and "fullnat_ports cannot change" in refused.stderr

    apply(settings(ports=70, pool=DIRECTOR))
    all_right(held, 10)
    assert POOL[0] in addresses()
    assert held[0].ask("open 5")["open"] == 5
    all_right(held, 15)
    held[0].ask("close 10")
    wait_until(lambda: POOL[0] not in addresses(), GONE_S, "the address that was let go")
    all_right(held, 5)
    assert family(DIRECTOR) == 4 and DIRECTOR in addresses()
