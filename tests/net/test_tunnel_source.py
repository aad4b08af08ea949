# SPDX-License-Identifier: GPL-2.0-or-later
"""test_tunnel_source.py - where the packets of tunnels come from, and that it can change."""
import ipaddress

import pytest

from lab import BACKENDS, BACKENDS6, CLIENT, DIRECTOR, DIRECTOR6, DR_VIP, wait_until
from shuntd import config, service
from traffic import Capture, answers

SOURCES = "10.255.0.0/16", "2001:db8:ff::/112"


@pytest.mark.parametrize("v6", [False, True], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("forward", ["ipip", "gue"])
def test_source(lab, start, forward, v6):
    """Of a prefix the hash chooses; with one address, or none, there is one for all."""
    family, backend = ("IPv6", BACKENDS6[0]) if v6 else ("IP", BACKENDS[0])
    b1, own = lab.backends[0], DIRECTOR6 if v6 else DIRECTOR
    lab.nginx(b1)
    b1.realserver("enable", DR_VIP, "--forward", forward, "--director", SOURCES[v6], "--director", own)
    text = service("web", f"tcp:{DR_VIP}:80", forward, [backend], "kind = none")
    shuntd = start(text, {"web": 1}, settings='tunnel_source = {"%s", "%s"}' % SOURCES)
    prefix = ipaddress.ip_network(SOURCES[v6])

    def seen(name):
        protocol = {"gue": ["udp", "port", "6080"],
                    "ipip": [("ip6" if v6 else "ip"), "proto", "4"]}[forward]
        with Capture(lab.switch, "b1", "dst", "host", backend, "and", *protocol,
                     name=name) as capture:
            assert answers(lab.client, DR_VIP, 40) == {"b1": 40}
            wait_until(lambda: capture.size() > 40 * 4 * 100, what="tcpdump to have seen it")
        return {ipaddress.ip_address(p[family].src) for p in capture.packets()}

    found = seen("prefix")
    assert len(found) > 20 and all(address in prefix for address in found)

    path = f"{shuntd.home}/new.conf"
    for setting, want in ((f'tunnel_source = "{prefix[7]}"', str(prefix[7])), ("", own)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(config(text, settings=setting))
        shuntd.shunt("apply", path)
        assert {str(address) for address in seen(want)} == {want}


def test_another_mode_while_the_neighbour_is_asked(lab, start):
    """A daemon that comes back finds the way that dr had, with neither a source nor room for a
    tunnel: nothing leaves by it."""
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", "dr", BACKENDS[:1], "kind = none"), {"web": 1})

    def explain():
        return shuntd.json("explain", f"tcp:{DR_VIP}:80", "--from", f"{CLIENT}:40000")

    assert explain()["verdict"] == "forward"
    shuntd.stop()
    lab.switch.ip("link set b1 down\n")
    lab.director.ip(f"neigh del {BACKENDS[0]} dev eth0\n")
    shuntd.write_config(config(service("web", f"tcp:{DR_VIP}:80", "ipip", BACKENDS[:1],
                                       "kind = none")))
    shuntd.start()
    assert explain()["verdict"] == "drop"
    lab.switch.ip("link set b1 up\n")
    wait_until(lambda: explain()["verdict"] == "forward", 10, "the neighbour to be back")
