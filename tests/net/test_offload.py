# SPDX-License-Identifier: GPL-2.0-or-later
"""test_offload.py - what hides packets from XDP is off while an interface is attached, and as it was
before when it is not."""
import pytest

from shuntd import Shuntd, config

VLAN, STAG, GRO = "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse", "rx-gro"
ETHTOOL = {VLAN: "rx-vlan-offload", STAG: STAG, GRO: "generic-receive-offload"}  # how -k calls them


@pytest.fixture
def lab(make_lab):
    return make_lab(backends=0)


def features(lab, device="eth0"):
    """{feature: is it on} of a device of the director."""
    said = {}
    for line in lab.director.run("ethtool", "-k", device).stdout.splitlines():
        name, colon, value = line.strip().partition(": ")
        if colon:
            said[name] = value.split()[0] == "on"
    return {name: said[known] for name, known in ETHTOOL.items()}


def offloads(shuntd, name="eth0"):
    return next(i for i in shuntd.json("status")["interfaces"] if i["name"] == name)["offloads"]


def hidden_by(lab, device="eth0"):
    on = features(lab, device)
    return on[VLAN] or on[STAG]


def test_off_while_attached(lab, start):
    assert features(lab)[VLAN] and features(lab)[STAG]
    shuntd = start("")
    assert not hidden_by(lab)
    assert offloads(shuntd) == {"off": [VLAN, STAG], "on": []}
    assert f"eth0 native; switched off: {VLAN}, {STAG}" in shuntd.shunt("status").stdout
    assert any(VLAN in e["text"] for e in shuntd.events())
    shuntd.shunt("detach", "eth0")
    assert features(lab)[VLAN] and features(lab)[STAG]
    shuntd.shunt("attach", "eth0")
    assert not hidden_by(lab)
    assert offloads(shuntd)["off"] == [VLAN, STAG]


def test_a_killed_daemon_is_no_excuse(lab, start):
    """What was on is known to the next daemon, and to --stop-forwarding without one."""
    shuntd = start("")
    shuntd.kill()
    assert not hidden_by(lab)
    shuntd.start()
    assert offloads(shuntd)["off"] == [VLAN, STAG]
    shuntd.kill()
    shuntd.start()
    shuntd.shunt("detach", "eth0")
    assert features(lab)[VLAN] and features(lab)[STAG]
    shuntd.shunt("attach", "eth0")
    shuntd.kill()
    shuntd.stop_forwarding()
    assert features(lab)[VLAN] and features(lab)[STAG]


def test_the_config_no_longer_names_it(lab, start):
    shuntd = start("")
    shuntd.stop()
    shuntd.write_config(config("", interfaces=()))
    shuntd.start()
    assert features(lab)[VLAN] and features(lab)[STAG]


def test_what_the_operator_had_off_stays_off(lab, start):
    lab.director.run("ethtool", "-K", "eth0", "rxvlan", "off")
    shuntd = start("")
    assert offloads(shuntd)["off"] == [STAG]
    shuntd.kill()
    shuntd.start()
    shuntd.shunt("detach", "eth0")
    assert not features(lab)[VLAN] and features(lab)[STAG]


def test_switched_on_meanwhile(lab, start):
    """Status says that it is on; the next daemon switches it off again, and back at the end."""
    shuntd = start("")
    lab.director.run("ethtool", "-K", "eth0", "rxvlan", "on")
    assert offloads(shuntd) == {"off": [STAG], "on": [VLAN]}
    shuntd.stop()
    shuntd.start()
    assert offloads(shuntd) == {"off": [VLAN, STAG], "on": []}
    shuntd.shunt("detach", "eth0")
    assert features(lab)[VLAN] and features(lab)[STAG]


def test_generic_mode_has_no_gro(lab, start):
    """A bridge has no native XDP, and no VLAN offload to switch."""
    lab.director.ip("link add br0 type bridge\nlink set br0 up\n")
    assert features(lab, "br0")[GRO]
    shuntd = start("", interfaces=("eth0", "br0"))
    assert not features(lab, "br0")[GRO]
    assert offloads(shuntd, "br0") == {"off": [GRO], "on": []}
    assert GRO not in offloads(shuntd)["off"]
    shuntd.shunt("detach", "br0")
    assert features(lab, "br0")[GRO]
    assert not hidden_by(lab)  # eth0 is attached still


def test_a_refused_attach_leaves_all_as_it_was(lab, start):
    shuntd = start("", interfaces=())
    lab.attach_program(lab.director, "eth0")
    assert shuntd.shunt("attach", "eth0", check=False).returncode == 1
    assert features(lab)[VLAN] and features(lab)[STAG]


def test_the_other_interfaces_of_a_refused_config_too(lab):
    lab.director.ip("link add tmp0 type veth peer name tmp1\nlink set tmp0 up\nlink set tmp1 up\n")
    lab.attach_program(lab.director, "tmp0")
    shuntd = Shuntd(lab, config("", interfaces=("eth0", "tmp0")))
    assert shuntd.refuse().returncode == 1
    assert features(lab)[VLAN] and features(lab)[STAG]
