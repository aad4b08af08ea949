# SPDX-License-Identifier: GPL-2.0-or-later
"""test_not_ours.py - what is not for a service passes the director untouched."""
from lab import (CLIENT, DIRECTOR6_CLIENT_SIDE, DIRECTOR_CLIENT_SIDE, DR_VIP, NAT_VIP, listens,
                 wait_until)
from traffic import Capture


def reasons(shuntd):
    return {r["name"]: r["count"] for r in shuntd.get("/v1/drops")["reasons"]}


def echo(host, port, protocol="TCP", version=4, bind=None):
    options = f"{port},fork,reuseaddr" + (f",bind={bind}" if bind else "")
    server = host.spawn(f"echo-{protocol}-{port}", "socat", f"{protocol}{version}-LISTEN:{options}",
                        "EXEC:cat")
    wait_until(lambda: listens(host, port, protocol.lower(), bind) or not server.alive(),
               what=f"an echo on {port}")
    assert server.alive(), server.log()


def ask(host, address, text="hello\n"):
    return host.run("socat", "-t", "1", "-", address, stdin=text, check=False).stdout


def test_arp(lab, shuntd):
    lab.client.ip("neigh flush dev eth0\n")
    with Capture(lab.client, "eth0", "arp") as capture:
        assert lab.client.run("ping", "-c1", "-W1", DIRECTOR_CLIENT_SIDE).returncode == 0
    assert [p["ARP"].op for p in capture.packets() if CLIENT in (p["ARP"].psrc, p["ARP"].pdst)][:2]


def test_ipv6(lab, shuntd):
    assert lab.client.run("ping", "-6", "-c2", "-i0.1", "-W1", DIRECTOR6_CLIENT_SIDE).returncode == 0
    echo(lab.director, 7000, "TCP", 6)
    assert ask(lab.client, f"TCP6:[{DIRECTOR6_CLIENT_SIDE}]:7000") == "hello\n"


def test_tcp_to_the_directors_own_address(lab, shuntd):
    """As ssh would: also on the port of a service, and with a large transfer."""
    for port in (22, 80):
        echo(lab.director, port)
        assert ask(lab.client, f"TCP:{DIRECTOR_CLIENT_SIDE}:{port}") == "hello\n"
    text = "0123456789abcdef" * 65536
    assert ask(lab.client, f"TCP:{DIRECTOR_CLIENT_SIDE}:22", text) == text


def test_another_port_of_the_vip(lab, shuntd):
    """Not to a service: the director's own listener answers, and it is counted."""
    lab.director.ip(f"addr add {DR_VIP}/32 dev lo\naddr add {NAT_VIP}/32 dev lo\n")
    for vip in (DR_VIP, NAT_VIP):
        echo(lab.director, 9999, "UDP", bind=vip)
        echo(lab.director, 9998, bind=vip)
    before = reasons(shuntd)
    for vip in (DR_VIP, NAT_VIP):
        assert ask(lab.client, f"UDP:{vip}:9999") == "hello\n"
        assert ask(lab.client, f"UDP:{vip}:80") == ""  # the service is TCP
        assert ask(lab.client, f"TCP:{vip}:9998") == "hello\n"
    assert reasons(shuntd)["unmatched_pass"] >= before["unmatched_pass"] + 6


def test_unmatched_drop(lab, servers, start):
    from conftest import two_services
    shuntd = start(two_services(), {"web-dr": 3}, settings="unmatched = drop")
    lab.director.ip(f"addr add {DR_VIP}/32 dev lo\n")
    echo(lab.director, 9999, "UDP", bind=DR_VIP)
    echo(lab.director, 9999, "UDP", bind=DIRECTOR_CLIENT_SIDE)
    assert ask(lab.client, f"UDP:{DR_VIP}:9999") == ""
    assert reasons(shuntd)["unmatched_drop"] >= 1
    assert ask(lab.client, f"UDP:{DIRECTOR_CLIENT_SIDE}:9999") == "hello\n"


def test_forwarded_traffic_of_others(lab, shuntd):
    """The director is a router too: client to backend, past every service."""
    echo(lab.backends[0], 7000)
    assert ask(lab.client, "TCP:10.77.0.11:7000") == "hello\n"
    assert lab.client.run("ping", "-c1", "-W1", "10.77.0.12").returncode == 0


def test_untouched_to_the_byte(lab, shuntd):
    """IP options, odd flags, fragments to the director's own address arrive as they were sent."""
    script = f"""
from scapy.all import *
eth = Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01")
ip = dict(src="{CLIENT}", dst="{DIRECTOR_CLIENT_SIDE}")
sendp([eth / IP(**ip, options=[IPOption_RR()], ttl=3) / UDP(sport=5, dport=80) / b"options",
       eth / IP(**ip) / TCP(sport=5, dport=80, flags="FPU", chksum=5) / b"flags",
       *fragment(eth / IP(**ip, id=9) / UDP(sport=5, dport=80) / (b"x" * 3000), 1000),
       eth / IP(**ip, proto=132) / b"another protocol",
       Ether(src=eth.src, dst=eth.dst, type=0x88b5) / b"another ethertype........................"],
      iface="eth0", verbose=False)
"""
    expression = ["ether", "src", "02:00:00:00:00:02", "and", "ether", "dst", "02:00:00:00:00:01"]
    with Capture(lab.switch, "director0", *expression, name="sent") as sent, \
            Capture(lab.director, "eth0", *expression, name="arrived") as arrived:
        lab.client.run("/usr/bin/python3", "-c", script)
        wait_until(lambda: len(arrived.packets()) >= 8, what="eight frames at the director")
    assert sorted(map(bytes, arrived.packets())) == sorted(map(bytes, sent.packets()))
