# SPDX-License-Identifier: GPL-2.0-or-later
"""test_dr.py - forward = dr on the wire: the MAC addresses change and nothing else."""
import collections

from lab import BACKENDS, CLIENT, DR_VIP, wait_until
from shuntd import service
from traffic import Capture, answers, curl

CLIENT_MAC, DIRECTOR_MAC = "02:00:00:00:00:02", "02:00:00:00:00:01"
BACKEND_MACS = {f"02:00:00:00:00:{11 + i}" for i in range(3)}

# Frames that no ordinary stack sends on demand.
ODD_FRAMES = f"""
from scapy.all import *
eth = Ether(src="{CLIENT_MAC}", dst="{DIRECTOR_MAC}")
ip = IP(src="{CLIENT}", dst="{DR_VIP}", id=7)
frames = [
    eth / IP(src="{CLIENT}", dst="{DR_VIP}", options=[IPOption_RR(), IPOption_NOP()]) / UDP(sport=1, dport=53) / b"opt",
    eth / IP(src="{CLIENT}", dst="{DR_VIP}", ttl=1, tos=0xb9, flags="DF") / UDP(sport=2, dport=53) / b"ttl",
    eth / ip / UDP(sport=3, dport=53, chksum=0) / b"no checksum",
    eth / ip / UDP(sport=4, dport=53) / b"",
    eth / ip / UDP(sport=5, dport=53) / (b"x" * 1472),
    eth / ip / TCP(sport=6, dport=80, flags="S", options=[("MSS", 1400), ("SAckOK", b""), ("Timestamp", (1, 0)), ("WScale", 7)]),
    eth / ip / TCP(sport=7, dport=80, flags="FPU", urgptr=3, reserved=5) / b"odd flags",
    eth / ip / TCP(sport=8, dport=80, flags="A", chksum=0x1234) / b"wrong checksum",
]
sendp(frames, iface="eth0", verbose=False)
"""


def split_by_way(frames):
    """Frames for the VIP as they came from the client, and as the director sent them on."""
    came, went = [], []
    for frame in frames:
        raw = bytes(frame)
        if frame.src == CLIENT_MAC:
            came.append(raw)
        else:
            assert frame.src == DIRECTOR_MAC and frame.dst in BACKEND_MACS, frame.summary()
            went.append(raw)
    return came, went


def test_nothing_but_the_macs_differs(lab, servers, start):
    start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS) +
          service("dns", f"udp:{DR_VIP}:53", backends=BACKENDS, check=""), {"web": 3, "dns": 3})
    with Capture(lab.switch, "director0", "dst", "host", DR_VIP) as capture:
        assert answers(lab.client, DR_VIP, 30).total() == 30
        lab.client.run("/usr/bin/python3", "-c", ODD_FRAMES)
        wait_until(lambda: len(capture.packets()) >= 16 and
                   len(set(map(len, split_by_way(capture.packets())))) == 1,
                   what="every frame in the capture twice")
    came, went = split_by_way(capture.packets())
    assert len(came) > 30 * 5 + 8
    assert collections.Counter(raw[12:] for raw in came) == collections.Counter(
        raw[12:] for raw in went)


def test_replies_do_not_pass_the_director(lab, shuntd):
    with Capture(lab.switch, "director0", "src", "host", DR_VIP) as capture:
        assert answers(lab.client, DR_VIP, 20).total() == 20
    assert not capture.packets()


def test_ping_to_the_vip_is_answered(lab, shuntd):
    done = lab.client.run("ping", "-c", "3", "-i", "0.05", "-W", "1", "-s", "500", DR_VIP)
    assert " 3 received" in done.stdout
    answered = {r["name"]: r["count"] for r in shuntd.get("/v1/drops")["reasons"]}["icmp_echo"]
    assert answered == 3


def test_director_itself_is_no_client_of_the_vip(lab, shuntd):
    """What the director sends does not pass its own XDP program; the backend answers directly."""
    assert curl(lab.director, f"http://{BACKENDS[1]}/").stdout.strip() == "b2"
