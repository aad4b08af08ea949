# SPDX-License-Identifier: GPL-2.0-or-later
"""test_losses.py - what the kernel loses after the program's verdict is counted by a name, and what
it loses for others is not."""
import contextlib
import json
import os
import signal
import sys

import pytest

from lab import BACKENDS, BPFTOOL, DR_VIP, run, wait_until
from shuntd import Shuntd, config, service

COUNT = 40
LOSSES = ("redirect_too_big", "redirect_failed", "egress_lost", "tx_lost", "aborted")
SEND = """
import socket, sys
vip, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(count):
    s.sendto(bytes(size), (vip, 53))
"""


def open_director(lab, interfaces):
    shuntd = Shuntd(lab, config(service("dns", f"udp:{DR_VIP}:53", "dr", BACKENDS[:1], check=""),
                                interfaces=interfaces))
    shuntd.start()
    shuntd.wait_up("dns", count=1)
    return shuntd


@pytest.fixture
def one_arm(make_lab):
    lab = make_lab(backends=1)
    return lab, open_director(lab, ("eth0",))


@pytest.fixture
def two_arms(make_lab):
    lab = make_lab(backends=1, arms=2)
    return lab, open_director(lab, ("eth0", "eth1"))


def send(lab, size=100, vip=DR_VIP):
    lab.client.run("/usr/bin/python3", "-c", SEND, vip, str(COUNT), str(size))


def lost(shuntd):
    """{name: count} of what was lost."""
    counts = {r["name"]: r["count"] for r in shuntd.json("drops")["reasons"]}
    return {name: counts[name] for name in LOSSES if counts[name]}


def forwarded(shuntd):
    return shuntd.json("stats")["services"][0]["counters"]["packets"]


def expect(shuntd, **losses):
    wait_until(lambda: lost(shuntd) == losses, 3, f"{losses}, not {lost(shuntd)}")


def without_program(host, device):
    """Nothing receives XDP frames on it any more."""
    host.run(BPFTOOL, "net", "detach", "xdpdrv", "dev", device)


def counted(shuntd):
    """How many packets have any reason, as the kernel's map has it."""
    pins, = (name for name in os.listdir(shuntd.pin_dir) if name.startswith("maps-"))
    dump = run(BPFTOOL, "-j", "map", "dump", "pinned", f"{shuntd.pin_dir}/{pins}/reasons").stdout
    return sum(int.from_bytes(bytes(int(byte, 16) for byte in cpu["value"]), sys.byteorder)
               for reason in json.loads(dump) for cpu in reason["values"])


@contextlib.contextmanager
def halted(shuntd):
    """The daemon follows what happens to its interfaces; here it is too late: until COUNT packets
    were counted."""
    before = counted(shuntd)
    os.kill(shuntd.process.pid, signal.SIGSTOP)
    try:
        yield
        wait_until(lambda: counted(shuntd) >= before + COUNT, what=f"{COUNT} are counted")
    finally:
        os.kill(shuntd.process.pid, signal.SIGCONT)


def test_nothing_is_lost(two_arms):
    lab, shuntd = two_arms
    send(lab)
    wait_until(lambda: forwarded(shuntd) == COUNT, 3, "all are forwarded")
    expect(shuntd)
    assert shuntd.json("status")["program"]["counts_losses"] is True
    assert "NOT counted" not in shuntd.shunt("status").stdout


def test_sent_back_to_an_end_that_receives_no_xdp(one_arm):
    lab, shuntd = one_arm
    without_program(lab.switch, "director0")
    send(lab)
    expect(shuntd, tx_lost=COUNT)
    assert "tx_lost" in shuntd.shunt("drops").stdout


def test_redirected_to_an_end_that_receives_no_xdp(two_arms):
    lab, shuntd = two_arms
    without_program(lab.switch, "director1")
    send(lab)
    # since Linux 6.3 an interface says that its other end receives none, and nothing is sent
    wait_until(lambda: lost(shuntd) in ({"redirect_failed": COUNT}, {"egress_lost": COUNT}), 3,
               f"{COUNT} lost, not {lost(shuntd)}")


def test_redirected_to_an_end_with_a_smaller_mtu(two_arms):
    lab, shuntd = two_arms
    lab.switch.ip("link set director1 mtu 1000\n")
    send(lab, size=900)
    expect(shuntd)
    send(lab, size=1200)
    expect(shuntd, egress_lost=COUNT)


def test_longer_than_the_interface_allows(two_arms):
    lab, shuntd = two_arms
    with halted(shuntd):
        lab.director.ip("link set eth1 mtu 1000\n")
        send(lab, size=1200)
    expect(shuntd, redirect_too_big=COUNT)


def test_the_interface_is_down(two_arms):
    lab, shuntd = two_arms
    with halted(shuntd):
        lab.director.ip("link set eth1 down\n")
        send(lab)
    expect(shuntd, redirect_failed=COUNT)


def test_a_generic_program_too(make_lab):
    lab = make_lab(backends=1, arms=2, generic=True)
    shuntd = open_director(lab, ("eth0", "eth1"))
    with halted(shuntd):
        lab.director.ip("link set eth1 down\n")
        send(lab)
    expect(shuntd, redirect_failed=COUNT)


def test_counted_again_after_a_restart(one_arm):
    lab, shuntd = one_arm
    without_program(lab.switch, "director0")
    send(lab)
    expect(shuntd, tx_lost=COUNT)
    shuntd.kill()
    send(lab)  # lost, and nobody counts
    shuntd.start()
    expect(shuntd, tx_lost=COUNT)
    send(lab)
    expect(shuntd, tx_lost=2 * COUNT)


def test_an_interface_attached_later(one_arm):
    lab, shuntd = one_arm
    shuntd.shunt("detach", "eth0")
    shuntd.shunt("attach", "eth0")
    without_program(lab.switch, "director0")
    send(lab)
    expect(shuntd, tx_lost=COUNT)


def test_what_others_lose_is_not_counted(one_arm):
    """The backend sends everything back, in vain: its other end receives no XDP frames."""
    lab, shuntd = one_arm
    backend = lab.backends[0]

    def lost_there():
        statistics = backend.run("ip", "-s", "-j", "link", "show", "eth0").stdout
        return json.loads(statistics)[0]["stats64"]["tx"]["dropped"]

    lab.attach_program(backend, "eth0", "back", "back")
    before = lost_there()
    send(lab)
    wait_until(lambda: lost_there() >= before + COUNT, 3, "the backend loses them")
    wait_until(lambda: forwarded(shuntd) == COUNT, 3, "all are forwarded")
    expect(shuntd)
