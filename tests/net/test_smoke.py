# SPDX-License-Identifier: GPL-2.0-or-later
"""test_smoke.py - once through the main job with real servers: what a kernel must be able to do.
Nothing in it depends on the speed of the machine: `make test-kernels` runs it on emulated ones."""
import os

from lab import BACKENDS, DR_VIP, NAT_VIP
from shuntd import Shuntd, config, service
from traffic import Load, answers, curl

PATIENCE = 60  # seconds
CHECK = "interval = 1s  timeout = 5s  fall = 5"
SERVICES = (("web-dr", DR_VIP, "dr"), ("web-nat", NAT_VIP, "nat"))
REQUESTS = 60


def expect_answers(lab):
    for name, vip, _ in SERVICES:
        counts = answers(lab.client, vip, REQUESTS)
        assert set(counts) == {"b1", "b2", "b3"} and counts.total() == REQUESTS, (name, counts)


def expect_native(shuntd, lab):
    interface, = shuntd.json("status")["interfaces"]
    assert (interface["name"], interface["mode"], interface["up"]) == ("eth0", "native", True)
    assert lab.director.link()["xdp"]["mode"] == 1  # XDP_ATTACHED_DRV


def test_smoke(lab, servers):
    shuntd = Shuntd(lab, config("".join(service(name, f"tcp:{vip}:80", forward, BACKENDS, CHECK)
                                        for name, vip, forward in SERVICES)))
    shuntd.start(PATIENCE)
    shuntd.wait_up("web-dr", "web-nat", timeout=PATIENCE)
    expect_native(shuntd, lab)
    expect_answers(lab)

    # killed under load, and back: no request fails, and what was pinned is taken over
    seed = shuntd.json("status")["seed"]
    with Load(lab.client, DR_VIP, rate=10, timeout=20) as dr, \
            Load(lab.client, NAT_VIP, rate=10, timeout=20) as nat:
        shuntd.kill()
        for load in (dr, nat):
            load.wait_for(20, PATIENCE)
        shuntd.start(PATIENCE)
        for load in (dr, nat):
            load.wait_for(20, PATIENCE)
            assert not [r for r in load.stop() if r["error"]]
    status = shuntd.json("status")
    assert status["adopted"] is True and status["seed"] == seed
    expect_native(shuntd, lab)
    expect_answers(lab)

    # stopped, it goes on; told to stop forwarding, nothing is left
    shuntd.stop()
    expect_answers(lab)
    shuntd.stop_forwarding()
    assert not lab.director.link().get("xdp")
    assert not os.path.exists(shuntd.pin_dir) or not os.listdir(shuntd.pin_dir)
    assert curl(lab.client, f"http://{NAT_VIP}/", check=False, timeout=2).returncode != 0
