# SPDX-License-Identifier: GPL-2.0-or-later
"""test_observe.py - what status, list, stats, drops and events say is what happened."""
import json
import re
import signal
import subprocess

from lab import BACKENDS, DR_VIP, NAT_VIP, wait_until
from shuntd import SHUNT
from traffic import answers


def service_of(stats, name):
    return next(s for s in stats["services"] if s["name"] == name)


def test_stats_count_what_was_sent(lab, shuntd):
    counts = {vip: answers(lab.client, vip, 90) for vip in (DR_VIP, NAT_VIP)}
    stats = shuntd.json("stats")
    for name, vip in (("web-dr", DR_VIP), ("web-nat", NAT_VIP)):
        service = service_of(stats, name)
        assert service["counters"]["connections"] == 90
        for number, backend in enumerate(service["backends"]):
            counters = backend["counters"]
            assert counters["connections"] == counts[vip][f"b{number + 1}"]
            assert counters["packets"] >= 4 * counters["connections"]
            assert counters["bytes"] > 40 * counters["packets"]
            replies = counters["reply_packets"]
            assert replies >= 3 * counters["connections"] if name == "web-nat" else replies == 0
        for key in service["counters"]:
            assert service["counters"][key] == sum(b["counters"][key] for b in service["backends"])
    totals = shuntd.json("status")["totals"]
    assert totals["connections"] == 180 and totals["services"] == 2


def test_sums_of_a_service_never_go_back(lab, shuntd):
    answers(lab.client, DR_VIP, 60)
    before = service_of(shuntd.json("stats"), "web-dr")["counters"]
    shuntd.shunt("backend", "remove", "web-dr", BACKENDS[0])
    wait_until(lambda: len(shuntd.backends("web-dr")) == 2, what="two backends")
    after = service_of(shuntd.json("stats"), "web-dr")["counters"]
    assert all(after[key] >= before[key] for key in before)


def test_status(onlooker):
    status = onlooker.json("status")
    assert status["pid"] == onlooker.process.pid
    assert status["seed"] == "5eed5eed5eed5eed"
    interface, = status["interfaces"]
    assert (interface["name"], interface["mode"], interface["up"]) == ("eth0", "native", True)
    assert status["config"] == onlooker.config_path
    assert status["totals"]["up"] == status["totals"]["backends"] == 6
    assert status["alarms"] == [] and status["checker"]["running"]
    assert status["memory"]["slots_used"] == 2 * 16381
    text = onlooker.shunt("status").stdout
    assert "native" in text and "5eed5eed5eed5eed" in text


def test_list_can_be_pasted_back(onlooker):
    """What `list` prints of a service and a backend is what commands take."""
    text = onlooker.shunt("list").stdout
    assert f"tcp:{DR_VIP}:80" in text
    for address in BACKENDS:
        assert f"{address}:80" in text
        done = onlooker.shunt("backend", "show", f"tcp:{DR_VIP}:80", f"{address}:80")
        assert done.returncode == 0
    assert "\x1b" not in text


def test_drops_have_names_and_reasons(onlooker):
    def reasons():
        return {r["name"]: r for r in onlooker.json("drops")["reasons"]}

    before, client = reasons(), onlooker.lab.client
    client.run("ping", "-c2", "-i0.1", "-W1", NAT_VIP)
    client.run("/usr/bin/python3", "-c", "from scapy.all import IP, send; "
               f"send(IP(dst='{DR_VIP}', proto=17, frag=185) / b'later', count=2)")
    dropped = before["fragment_unknown"]["count"] + 2
    wait_until(lambda: reasons()["fragment_unknown"]["count"] >= dropped, what="both to be counted")
    after = reasons()
    assert after["icmp_echo"]["count"] == before["icmp_echo"]["count"] + 2
    assert after["icmp_echo"]["verdict"] == "answer"
    lone = after["fragment_unknown"]
    assert lone["count"] == dropped
    assert lone["verdict"] == "drop" and lone["help"]
    assert "fragment_unknown" in onlooker.shunt("drops").stdout


def test_events_tell_what_changed_and_why(lab, servers, shuntd):
    servers["b2"].stop(signal.SIGKILL)
    wait_until(lambda: shuntd.states("web-dr")[f"{BACKENDS[1]}:80"] == "down", what="b2 down")
    events = shuntd.events()
    assert [e["seq"] for e in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))
    down = [e for e in events if e.get("backend") == f"{BACKENDS[1]}:80" and "down" in e["text"]]
    assert {e["service"] for e in down} <= {"web-dr", "web-nat"} and down
    assert down[-1]["kind"] == "backend" and down[-1]["level"] == "warning"
    assert "up -> down: connection refused" in down[-1]["text"]
    # the log says the same, a line each
    assert re.search(rf"{re.escape(BACKENDS[1])}:80 .*up -> down: connection refused", shuntd.log())


def test_the_cause_comes_before_its_effect(lab, servers, shuntd):
    seen = shuntd.events()[-1]["seq"]
    shuntd.shunt("backend", "drain", "web-dr", BACKENDS[0])
    texts = [e["text"] for e in shuntd.events() if e["seq"] > seen]
    cause = [i for i, text in enumerate(texts) if "enabled -> drain" in text]
    effect = [i for i, text in enumerate(texts) if "up -> draining" in text]
    assert len(cause) == len(effect) == 1 and cause < effect, texts


def test_events_follow(lab, servers, shuntd):
    follower = lab.spawn("follow", SHUNT, "-s", shuntd.socket, "--json", "events", "--follow",
                         stdout=subprocess.PIPE)
    # drained after it began to follow: a second change makes sure that one is seen
    shuntd.shunt("backend", "drain", "web-dr", BACKENDS[2])
    for line in follower.popen.stdout:
        event = json.loads(line)
        if event.get("backend") == f"{BACKENDS[2]}:80" and "draining" in event["text"]:
            break
    else:
        raise AssertionError("the follower ended")


def test_no_colour_unless_asked_for(onlooker):
    assert "\x1b[" not in onlooker.shunt("list").stdout
    assert "\x1b[" in onlooker.shunt("--color", "always", "list").stdout
    assert "\x1b[" not in onlooker.shunt("--color", "never", "list").stdout


def test_every_command_that_prints_has_json(onlooker):
    for command in (["status"], ["list"], ["stats"], ["drops"], ["diff"], ["service", "list"],
                    ["service", "show", "web-dr"], ["backend", "list", "web-dr"],
                    ["backend", "show", "web-dr", BACKENDS[0]]):
        assert isinstance(onlooker.json(*command), dict), command
    for line in onlooker.shunt("--json", "events").stdout.splitlines():
        assert {"seq", "time", "level", "kind", "text"} <= set(json.loads(line))


def test_generic_mode_where_the_driver_has_no_xdp(make_lab):
    """lo has no native XDP."""
    from shuntd import Shuntd, config
    shuntd = Shuntd(make_lab(backends=0), config(interfaces=("lo",)))
    shuntd.start()
    interface, = shuntd.json("status")["interfaces"]
    assert (interface["name"], interface["mode"], interface["up"]) == ("lo", "generic", True)
