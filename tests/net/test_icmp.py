# SPDX-License-Identifier: GPL-2.0-or-later
"""test_icmp.py - ICMP errors about a service's packets, with stacks that send and understand them:
ports that nobody listens on, a TTL that ends. Path MTU discovery is in test_pmtu.py."""
import errno

import pytest

from lab import BACKENDS, GATE, GATE6, NAT_VIP, wait_until
from modes import ONE_ARM, WEB, Site
from shuntd import service
from traffic import Capture, hops

# One datagram with the TTL given; prints the ICMP error that comes for it: type, code, who told.
PROBE = """
import socket, struct, sys
vip, port, ttl = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: errors wait in a queue
s.connect((vip, port))
s.send(b"probe")
try:
    s.recv(100)
except OSError:
    pass
for level, kind, data in s.recvmsg(100, 200, socket.MSG_ERRQUEUE)[1]:
    if (level, kind) == (socket.IPPROTO_IP, 11):
        print(*struct.unpack_from("IBBB", data)[2:4], socket.inet_ntoa(data[20:24]))
"""

# Answers one datagram only once its sender is gone, and prints the ICMP error that comes for it.
SERVER = """
import select, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
s.bind(("0.0.0.0", 53))
print("ready", flush=True)
client = s.recvfrom(100)[1]
poll = select.poll()
poll.register(s, select.POLLERR)
for _ in range(50):
    try:
        s.sendto(b"answer", client)
    except OSError:
        pass
    if poll.poll(100):
        break
for level, kind, data in s.recvmsg(100, 200, socket.MSG_ERRQUEUE)[1]:
    if (level, kind) == (socket.IPPROTO_IP, 11):
        print(*struct.unpack_from("IBBB", data)[2:4])
"""


def probe(host, vip, port, ttl=64):
    done = host.run("/usr/bin/python3", "-c", PROBE, vip, str(port), str(ttl))
    return tuple(done.stdout.split())


def reasons(shuntd):
    return {r["name"]: r["count"] for r in shuntd.get("/v1/drops")["reasons"]}


def test_port_unreachable_from_a_nat_backend(lab, start):
    """The client's socket takes the error for its own: quote and source are the VIP's."""
    start(service("dns", f"udp:{NAT_VIP}:53", "nat", BACKENDS[:1], check=""), {"dns": 1})
    assert probe(lab.client, NAT_VIP, 53) == ("3", "3", NAT_VIP)


def test_port_unreachable_from_the_client(lab, start):
    """The other direction: the server's socket hears that its client has gone."""
    start(service("dns", f"udp:{NAT_VIP}:53", "nat", BACKENDS[:1], check=""), {"dns": 1})
    server = lab.backends[0].spawn("server", "/usr/bin/python3", "-c", SERVER)
    wait_until(lambda: "ready" in server.log() or not server.alive(), what="the server")
    lab.client.run("/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"hello", ("{NAT_VIP}", 53))
""")
    assert server.wait() == 0, server.log()
    assert server.log().split() == ["ready", "3", "3"]


def test_ttl_that_ends_is_told(lab, start):
    shuntd = start(service("dns", f"udp:{NAT_VIP}:53", "nat", BACKENDS[:1], check=""), {"dns": 1})
    assert probe(lab.client, NAT_VIP, 53, ttl=1) == ("11", "0", NAT_VIP)
    assert reasons(shuntd)["ttl_answered"] == 1


def test_tcp_sees_the_director_as_a_hop(lab, shuntd):
    """As traceroute -T does it: the first hop tells, the second is the backend."""
    connect = f"""
import socket, sys
s = socket.socket()
s.settimeout(5)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(sys.argv[1]))
s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: one error ends it
print(s.connect_ex(("{NAT_VIP}", 80)))
"""
    with Capture(lab.client, "eth0", "icmp") as capture:
        first, second = (lab.client.run("/usr/bin/python3", "-c", connect, ttl).stdout.strip()
                         for ttl in "12")
        wait_until(capture.packets, what="the answer in the capture")
    assert (first, second) == (str(errno.EHOSTUNREACH), "0")
    packet, = capture.packets()
    assert (packet["IP"].src, packet["ICMP"].type, packet["ICMP"].code) == (NAT_VIP, 11, 0)
    assert (packet["IPerror"].dst, packet["TCPerror"].dport) == (NAT_VIP, 80)
    assert reasons(shuntd)["ttl_answered"] == 1


@pytest.mark.parametrize("mode", [mode for mode in ONE_ARM if mode.translates()], ids=str)
def test_a_hop_behind_the_director(make_lab, mode):
    """The gate quotes a packet to the backend; the client hears it as one to the VIP."""
    site = Site(mode, make_lab(backends=1, backend_mtu=1500))
    site.web("/var/empty")
    site.start()
    gate = GATE6 if mode.vip == 6 else GATE
    assert hops(site.client, site.vip, "-T", "-p", str(WEB)) == [site.vip, gate, site.vip]
