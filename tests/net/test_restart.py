# SPDX-License-Identifier: GPL-2.0-or-later
"""test_restart.py - the daemon is killed, stopped, started again; traffic flows on."""
import json
import os

import pytest

from lab import BACKENDS, DR_VIP, NAT_VIP, wait_until
from shuntd import Shuntd, config, service
from traffic import Held, Load, answers

B2 = f"{BACKENDS[1]}:80"


def without_counts(value):
    """The same JSON without what time alone changes."""
    if isinstance(value, dict):
        return {k: without_counts(v) for k, v in value.items()
                if k not in ("counters", "since", "check", "uptime", "time")}
    if isinstance(value, list):
        return [without_counts(v) for v in value]
    return value


def listing(shuntd):
    return without_counts(shuntd.json("list"))


@pytest.mark.parametrize("vip, end", [
    pytest.param(DR_VIP, "kill", id="dr-kill"), pytest.param(NAT_VIP, "stop", id="nat-stop"),
    pytest.param(DR_VIP, "stop", id="dr-stop", marks=pytest.mark.long),
    pytest.param(NAT_VIP, "kill", id="nat-kill", marks=pytest.mark.long)])
def test_no_request_fails(lab, shuntd, end, vip):
    before, counted = listing(shuntd), shuntd.get("/v1/stats")
    with Load(lab.client, vip, rate=50) as load:
        load.wait_for(50)
        getattr(shuntd, end)()
        load.wait_for(75)
        shuntd.start()
        load.wait_for(75)
        results = load.stop()
    assert not [r for r in results if r["error"]]
    assert max(r["took"] for r in results) < 0.9, "a packet was lost and sent again"
    assert listing(shuntd) == before
    status = shuntd.json("status")
    assert status["adopted"] is True
    # the counters go on from where they were
    for old, new in zip(counted["services"], shuntd.get("/v1/stats")["services"]):
        assert new["counters"]["packets"] >= old["counters"]["packets"]


def test_connections_outlive_the_daemon(lab, shuntd):
    held = {vip: Held(lab.client, vip, 60) for vip in (DR_VIP, NAT_VIP)}
    before = {vip: h.ask() for vip, h in held.items()}
    shuntd.kill()
    assert {vip: h.ask() for vip, h in held.items()} == before
    shuntd.start()
    assert {vip: h.ask() for vip, h in held.items()} == before


def test_an_adopted_backend_keeps_its_state(lab, servers, shuntd):
    shuntd.shunt("backend", "drain", "web-dr", BACKENDS[0])
    servers["b2"].stop()
    wait_until(lambda: shuntd.states("web-dr")[B2] == "down", what="b2 down")
    since = {at: b["status"]["since"] for at, b in shuntd.backends("web-dr").items()}
    shuntd.kill()
    shuntd.start()
    assert {at: b["status"]["since"] for at, b in shuntd.backends("web-dr").items()} == since
    assert shuntd.states("web-dr") == {f"{BACKENDS[0]}:80": "draining", B2: "down",
                                       f"{BACKENDS[2]}:80": "up"}


def test_a_server_that_died_meanwhile_is_noticed(lab, servers, shuntd):
    shuntd.kill()
    servers["b2"].stop()
    shuntd.start()
    wait_until(lambda: shuntd.states("web-nat")[B2] == "down", what="b2 down")
    assert set(answers(lab.client, NAT_VIP, 40)) == {"b1", "b3"}


def test_a_service_dropped_meanwhile_is_gone(lab, servers, shuntd):
    shuntd.stop()
    shuntd.write_config(config(service("web-dr", f"tcp:{DR_VIP}:80", backends=BACKENDS)))
    shuntd.start()
    assert [s["name"] for s in shuntd.json("list")["services"]] == ["web-dr"]
    done = lab.client.run("curl", "-s", "-m", "1", f"http://{NAT_VIP}/", check=False)
    assert done.returncode != 0


def test_the_lock_names_who_runs(shuntd):
    def pid():
        with open(f"{shuntd.runtime_dir}/shuntd.lock", encoding="ascii") as lock:
            return lock.read()
    assert pid() == f"{shuntd.process.pid}\n"
    shuntd.stop()
    assert pid() == ""  # that number may be somebody else's next
    shuntd.stop_forwarding()
    assert pid() == ""


def test_a_second_daemon_refuses(lab, shuntd):
    second = shuntd.refuse()
    assert second.returncode == 1
    lines = second.stderr.strip().splitlines()
    assert len(lines) == 1 and f"{shuntd.runtime_dir} is in use" in lines[0], lines
    # nor may it take the maps with another runtime directory
    other = Shuntd(lab, config(), name="shuntd-other")
    other.pin_dir = shuntd.pin_dir
    second = other.refuse()
    assert second.returncode == 1
    lines = second.stderr.strip().splitlines()
    assert len(lines) == 1 and f"{shuntd.pin_dir}: another shuntd" in lines[0], lines
    assert shuntd.process.alive()
    assert answers(lab.client, DR_VIP, 10).total() == 10


def test_stop_leaves_forwarding_and_says_so(lab, shuntd):
    assert shuntd.stop() == 0
    assert "--stop-forwarding" in shuntd.log().strip().splitlines()[-1]
    assert not os.path.exists(shuntd.socket)
    assert answers(lab.client, DR_VIP, 10).total() == 10


def test_stop_forwarding_takes_everything_away(lab, shuntd):
    refused = shuntd.stop_forwarding(check=False)
    assert refused.returncode == 1 and "\n" not in refused.stderr.strip()
    assert lab.director.link().get("xdp") and shuntd.process.alive()
    shuntd.stop()
    shuntd.stop_forwarding()
    assert not lab.director.link().get("xdp")
    assert not os.path.exists(shuntd.pin_dir) or not os.listdir(shuntd.pin_dir)
    shuntd.stop_forwarding()  # nothing to do is no error
    shuntd.start()
    shuntd.wait_up("web-dr", "web-nat")
    assert answers(lab.client, NAT_VIP, 10).total() == 10


def test_sighup_reloads(lab, shuntd):
    text = config(service("web-dr", f"tcp:{DR_VIP}:80", backends=BACKENDS[:2]))
    shuntd.write_config(text)
    shuntd.process.popen.send_signal(1)
    wait_until(lambda: len(shuntd.json("list")["services"]) == 1, what="one service")
    assert set(shuntd.states("web-dr")) == {f"{a}:80" for a in BACKENDS[:2]}
    # a file that is not right changes nothing
    seen = shuntd.events()[-1]["seq"]
    shuntd.write_config(text.rstrip().rstrip("}"))
    shuntd.process.popen.send_signal(1)
    wait_until(lambda: shuntd.events()[-1]["seq"] > seen, what="an event about the file")
    assert shuntd.config_path in json.dumps(shuntd.events()[-1])
    assert set(shuntd.states("web-dr")) == {f"{a}:80" for a in BACKENDS[:2]}


def test_an_interface_no_longer_named_is_detached(make_lab):
    lab = make_lab(arms=2)
    shuntd = Shuntd(lab, config(interfaces=("eth0", "eth1")))
    shuntd.start()
    assert lab.director.link("eth0").get("xdp") and lab.director.link("eth1").get("xdp")
    shuntd.stop()
    shuntd.write_config(config(interfaces=("eth0",)))
    shuntd.start()
    assert lab.director.link("eth0").get("xdp") and not lab.director.link("eth1").get("xdp")
