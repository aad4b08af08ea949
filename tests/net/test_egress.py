# SPDX-License-Identifier: GPL-2.0-or-later
"""test_egress.py - backends behind an interface that is not attached: packets leave by it."""
import os

import pytest

from lab import BACKENDS, DR_VIP, wait_until
from shuntd import Shuntd, config, service
from traffic import Load, answers

NAMES = {"b1", "b2", "b3"}
WEB = service("web", f"tcp:{DR_VIP}:80", "dr", BACKENDS)


def open_director(lab, interfaces=("eth0",), services=WEB, count=3):
    for host in lab.backends:
        lab.nginx(host)
    shuntd = Shuntd(lab, config(services, interfaces=interfaces))
    shuntd.start()
    shuntd.wait_up("web", count=count)
    return shuntd


@pytest.fixture
def lab(make_lab):
    return make_lab(arms=2)


@pytest.fixture
def shuntd(lab):
    return open_director(lab)


def roles(shuntd):
    return {i["name"]: (i["role"], i["mode"]) for i in shuntd.json("status")["interfaces"]}


def program(lab, device="eth1"):
    """The number of the program that is on a device of the director, None without one."""
    return (lab.director.link(device).get("xdp") or {}).get("prog", {}).get("id")


def test_packets_leave_by_it(lab, shuntd):
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES
    assert roles(shuntd) == {"eth0": ("forward", "native"), "eth1": ("egress", "native")}
    assert "eth1 native, egress only" in shuntd.shunt("status").stdout
    assert program(lab) not in (None, program(lab, "eth0"))
    # no longer than it is needed
    shuntd.shunt("service", "remove", "web")
    wait_until(lambda: program(lab) is None, what="no program on eth1")
    assert roles(shuntd) == {"eth0": ("forward", "native")}


def test_the_last_backend_behind_it_goes(lab, shuntd):
    for address in BACKENDS:
        assert program(lab)
        shuntd.shunt("backend", "remove", "web", address)
    wait_until(lambda: program(lab) is None, what="no program on eth1")


def test_a_daemon_later(lab, shuntd):
    before = program(lab)
    shuntd.kill()
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES
    shuntd.start()
    assert program(lab) == before
    assert roles(shuntd)["eth1"] == ("egress", "native")
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES
    shuntd.stop()
    shuntd.stop_forwarding()
    assert program(lab) is None
    assert not os.path.exists(shuntd.pin_dir) or not os.listdir(shuntd.pin_dir)


def test_attached_and_detached_again(lab, shuntd):
    with Load(lab.client, DR_VIP) as load:
        shuntd.shunt("attach", "eth1")
        assert roles(shuntd)["eth1"] == ("forward", "native")
        assert program(lab) == program(lab, "eth0")
        load.wait_for(30)
        assert not [r for r in load.stop() if r["error"]]
    shuntd.shunt("detach", "eth1")
    assert roles(shuntd)["eth1"] == ("egress", "native")
    assert program(lab) not in (None, program(lab, "eth0"))
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES


def test_it_goes_and_comes_back(lab, shuntd):
    lab.switch.ip("link del director1\n")
    wait_until(lambda: set(roles(shuntd)) == {"eth0"}, what="eth1 is forgotten")
    lab.plug(lab.director, "director1", "eth1", 1, mac="02:00:00:00:01:01", peer_program=True)
    lab.director.ip("addr add 10.77.0.1/24 dev eth1\n")
    shuntd.wait_up("web")
    assert roles(shuntd)["eth1"] == ("egress", "native")
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES


def test_a_program_of_somebody_else_does(lab):
    lab.attach_program(lab.director, "eth1")
    theirs = program(lab)
    shuntd = open_director(lab)
    assert program(lab) == theirs
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES
    shuntd.shunt("service", "remove", "web")
    assert program(lab) == theirs


def test_one_that_cannot_send(lab, shuntd):
    """A macvlan has no XDP in its driver."""
    lab.director.ip("link add mv0 link eth1 type macvlan mode bridge\nlink set mv0 up\n"
                    f"addr add 10.77.0.9/32 dev mv0\nroute add {BACKENDS[0]}/32 dev mv0\n")
    at = f"{BACKENDS[0]}:80"
    wait_until(lambda: shuntd.states("web")[at] == "unreachable", what="b1 unreachable")
    reason = shuntd.backends("web")[at]["status"]["reason"]
    assert reason.startswith("interface mv0 cannot send for XDP"), reason
    assert set(answers(lab.client, DR_VIP, 60)) == {"b2", "b3"}
    assert "mv0" not in roles(shuntd)
    lab.director.ip("link del mv0\n")
    shuntd.wait_up("web")
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES


def test_generic_programs_send_by_any(make_lab):
    lab = make_lab(arms=2, generic=True)
    shuntd = open_director(lab)
    assert roles(shuntd) == {"eth0": ("forward", "generic"), "eth1": ("egress", "generic")}
    assert program(lab) is None
    assert set(answers(lab.client, DR_VIP, 60)) == NAMES
    # a native one does not
    lab.director.ip("link add tmp0 type veth peer name tmp1\nlink set tmp0 up\nlink set tmp1 up\n")
    shuntd.shunt("attach", "tmp0")
    wait_until(lambda: set(shuntd.states("web").values()) == {"unreachable"}, what="unreachable")
    shuntd.shunt("detach", "tmp0")
    shuntd.wait_up("web")
