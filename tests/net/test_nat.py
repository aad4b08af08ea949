# SPDX-License-Identifier: GPL-2.0-or-later
"""test_nat.py - what is special in forward = nat; what it has in common with the other modes is in
test_modes.py."""
import json

import pytest

from lab import BACKENDS, BACKENDS6, CLIENT, NAT_VIP, NAT_VIP6, listens, wait_until
from shuntd import service
from traffic import Capture, answers, curl


def test_client_sees_only_the_vip(lab, shuntd):
    with Capture(lab.client, "eth0", "tcp", "or", "udp", "or", "icmp") as capture:
        assert set(answers(lab.client, NAT_VIP, 60)) == {"b1", "b2", "b3"}
    pairs = {(p["IP"].src, p["IP"].dst) for p in capture.packets() if p.haslayer("IP")}
    assert pairs == {(CLIENT, NAT_VIP), (NAT_VIP, CLIENT)}


def test_ttl_and_checksums_on_both_ways(lab, shuntd):
    """One hop each way; scapy computes every checksum anew."""
    with Capture(lab.switch, "director0", "tcp", "port", "80", "and", "host", CLIENT) as capture:
        assert answers(lab.client, NAT_VIP, 20).total() == 20
    ttls = {}
    for packet in capture.packets():
        ip = packet["IP"]
        ttls.setdefault((ip.src if ip.src in BACKENDS + (NAT_VIP,) else "client",
                         ip.dst if ip.dst in BACKENDS + (NAT_VIP,) else "client"), set()).add(ip.ttl)
        again = packet.__class__(bytes(packet))
        del again["IP"].chksum, again["TCP"].chksum
        again = packet.__class__(bytes(again))
        assert (again["IP"].chksum, again["TCP"].chksum) == (ip.chksum, packet["TCP"].chksum)
    assert ttls[("client", NAT_VIP)] == {64} and ttls[(NAT_VIP, "client")] == {63}
    for address in BACKENDS:
        assert ttls[("client", address)] == {63} and ttls[(address, "client")] == {64}


@pytest.mark.parametrize("option", ["+notcp", "+tcp"])
def test_dig(lab, start, option):
    for host in lab.backends:
        host.spawn(f"dnsmasq-{host.name}", "dnsmasq", "-k", "-C", "/dev/null", "-R", "-h", "-u",
                   "root", "-x", "", "-p", "53", "--address=/lab.test/198.51.100.7",
                   f"--txt-record=who.test,{host.name}")
        wait_until(lambda host=host: listens(host, 53) and listens(host, 53, "udp"),
                   what="dnsmasq to listen")
    start(service("dns-udp", f"udp:{NAT_VIP}:53", "nat", BACKENDS, check="") +
          service("dns-tcp", f"tcp:{NAT_VIP}:53", "nat", BACKENDS), {"dns-udp": 3, "dns-tcp": 3})
    answered = set()
    for _ in range(20):
        done = lab.client.run("dig", f"@{NAT_VIP}", option, "+tries=1", "+time=2", "+short",
                              "lab.test", "A", "who.test", "TXT")
        address, who = done.stdout.split()
        assert address == "198.51.100.7"
        answered.add(who.strip('"'))
    assert len(answered) > 1 and answered <= {"b1", "b2", "b3"}


@pytest.mark.parametrize("direction", [[], ["-R"]], ids=["up", "down"])
def test_iperf3_tcp(lab, start, direction):
    server = lab.backends[0]
    server.spawn("iperf3", "iperf3", "-s", "-p", "5201")
    wait_until(lambda: listens(server, 5201), what="iperf3 to listen")
    start(service("iperf", f"tcp:{NAT_VIP}:5201", "nat", BACKENDS[:1]), {"iperf": 1})
    done = lab.client.run("iperf3", "-c", NAT_VIP, "-p", "5201", "-t", "2", "-J", *direction)
    assert json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] > 50e6


def test_director_reaches_the_backends_directly(lab, shuntd):
    """Its own checks and connections look like replies of the service, and are not rewritten."""
    with Capture(lab.director, "eth0", "src", "host", NAT_VIP) as capture:
        for name, address in zip(("b1", "b2", "b3"), BACKENDS):
            for _ in range(5):
                assert curl(lab.director, f"http://{address}/").stdout.strip() == name
    assert not capture.packets()
    passed = {a: b["status"]["check"] for a, b in shuntd.backends("web-nat").items()}
    assert all(check["passed"] for check in passed.values())


def test_another_port_at_the_backend(lab, start):
    lab.nginx(lab.backends[0], port=8080)
    start(service("web", f"tcp:{NAT_VIP}:80", "nat", [f"{BACKENDS[0]}:8080"]), {"web": 1})
    assert answers(lab.client, NAT_VIP, 5) == {"b1": 5}


@pytest.mark.parametrize("vip, backends, switch", [
    (NAT_VIP, BACKENDS, "net.ipv4.conf.eth0.forwarding"),
    (f"[{NAT_VIP6}]", BACKENDS6, "net.ipv6.conf.all.forwarding")], ids=["4", "6"])
def test_routing_that_is_off_is_told(lab, servers, start, vip, backends, switch):
    """Of the family of the services, with the command that helps; and no longer when it is on."""
    lab.director.run("sysctl", "-q", "-w", f"{switch}=0")
    shuntd = start(service("web", f"tcp:{vip}:80", "nat", backends), {"web": 3})
    alarms = [alarm["text"] for alarm in shuntd.json("status")["alarms"]]
    assert len(alarms) == 1 and f"sysctl -w {switch}=1" in alarms[0]
    lab.director.run("sysctl", "-q", "-w", f"{switch}=1")
    wait_until(lambda: shuntd.json("status")["alarms"] == [], 10, "the alarm to be over")
