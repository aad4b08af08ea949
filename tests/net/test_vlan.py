# SPDX-License-Identifier: GPL-2.0-or-later
"""test_vlan.py - packets that come with VLAN tags, to backends that are reached without. The kernel
here may have no VLAN devices, so tags on the way out are for the packet tests."""
import pytest

from lab import wait_until
from modes import ECHO, ONE_ARM, Site
from traffic import NET, Capture, answers

TAGS = {"one": "vlan 77", "two": "vlan 1077 and vlan 77"}


def echo_replies(site, capture):
    layer, reply = ("IPv6", "ICMPv6EchoReply") if site.mode.vip == 6 else ("IP", "ICMP")
    return [p for p in capture.packets() if p.haslayer(reply) and p[layer].src == site.vip]


@pytest.mark.parametrize("mode", ONE_ARM, ids=str)
def test_tags_are_taken_off(make_lab, mode):
    site = Site(mode, make_lab(backends=2))
    for host in site.lab.backends:
        site.lab.nginx(host)
    site.serve("web", "tcp", 80)
    site.echo()
    site.start()
    site.lab.switch.run("ethtool", "-K", "director0", "txvlan", "off", "tx-vlan-stag-hw-insert",
                        "off")
    for program, tags in TAGS.items():
        site.lab.attach_program(site.lab.switch, "client", "tag", program)
        with Capture(site.lab.switch, "director0", *tags.split(), name=program) as capture:
            assert set(answers(site.client, site.host, 20)) == {"b1", "b2"}
            done = site.client.run("/usr/bin/python3", f"{NET}/echo.py", site.vip, str(ECHO), "20",
                                   "1000")
            assert done.stdout.split() == ["20", "20"]
            # an answer of the director's own goes back by the way that the question came
            site.client.run("ping", "-c1", "-W0.1", site.vip, check=False)
            wait_until(lambda: echo_replies(site, capture), what="an echo reply with tags")
        assert len(capture.packets()) > 100
    assert not site.drops()
