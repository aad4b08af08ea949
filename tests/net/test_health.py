# SPDX-License-Identifier: GPL-2.0-or-later
"""test_health.py - servers die and come back; shunt-checker dies and comes back."""
import os
import signal
import time

from lab import BACKENDS, DR_VIP, process_start, wait_until
from shuntd import service
from traffic import Held, Load

INTERVAL, TIMEOUT, RISE, FALL = 0.2, 0.1, 2, 3
CHECK = f"interval = {INTERVAL}s  timeout = {TIMEOUT}s  rise = {RISE}  fall = {FALL}"
SLACK = 0.15  # two busy cores carry everything here
B2 = f"{BACKENDS[1]}:80"


def test_a_dead_server_leaves_and_a_new_one_returns(lab, servers, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS, check=CHECK), {"web": 3})
    held = Held(lab.client, DR_VIP, 300)
    before = held.ask()
    assert set(before) == {"b1", "b2", "b3"}
    with Load(lab.client, DR_VIP, rate=100) as load:
        load.wait_for(30)
        killed = time.time()
        servers["b2"].stop(signal.SIGKILL)
        wait_until(lambda: shuntd.states("web")[B2] == "down", what="b2 down")
        load.wait_for(100)
        after = held.ask()
        restarted = time.time()
        lab.nginx(lab.backends[1])
        listens = time.time()
        wait_until(lambda: shuntd.states("web")[B2] == "up", what="b2 up")
        load.wait_for(100)
        results = load.stop()

    # connections of the others are untouched
    assert [b for a, b in zip(before, after) if a != "b2"] == [a for a in before if a != "b2"]
    # no new connection goes to b2 after fall x interval + timeout
    gone = killed + FALL * INTERVAL + TIMEOUT + SLACK
    back = next(r["at"] for r in results if r["at"] > restarted and r["answer"] == "b2")
    assert {r["answer"] for r in results if killed < r["at"] < restarted} <= {"b1", "b3", None}
    late = [r for r in results if r["error"] and r["at"] < restarted and
            not killed - 0.05 <= r["at"] <= gone]
    assert not late, (killed, late)
    assert any(r["error"] for r in results), "b2 was killed, and nobody noticed?"
    # it returns after `rise` successes
    assert back - restarted > RISE * INTERVAL * 0.5
    assert back - listens < (RISE + 1) * INTERVAL + TIMEOUT + 2 * SLACK


def slot_counts(shuntd):
    slots = shuntd.get("/v1/services/web")["status"]["slots"]
    return slots["stable"], slots["empty"]


def test_nothing_goes_to_a_backend_before_its_first_success(lab, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS, check=CHECK))
    assert set(shuntd.states("web").values()) <= {"checking", "down", "unreachable"}
    assert set(shuntd.get("/v1/services/web/slots")["cur"]) == {0}
    lab.nginx(lab.backends[0])
    shuntd.wait_up("web", count=1)
    wait_until(lambda: slot_counts(shuntd) == (16381, 0), 1, "every slot to name b1")


def test_no_backend_is_a_counted_drop(lab, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS, check=CHECK))
    lab.client.run("curl", "-s", "-m", "0.5", f"http://{DR_VIP}/", check=False)
    reasons = {r["name"]: r["count"] for r in shuntd.get("/v1/drops")["reasons"]}
    assert reasons["no_backend"] >= 1


def test_a_dead_checker_is_restarted_and_changes_no_state(lab, servers, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS, check=CHECK), {"web": 3})
    first, seen = shuntd.checker(), shuntd.events()[-1]["seq"]
    with Load(lab.client, DR_VIP, rate=100) as load:
        load.wait_for(20)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: shuntd.checker() not in (first, None, 0), what="another checker")
        load.wait_for(100)
        assert not [r for r in load.stop() if r["error"]]
    assert set(shuntd.states("web").values()) == {"up"}
    assert shuntd.json("status")["checker"]["restarts"] == 1
    changes = [e for e in shuntd.events() if e["seq"] > seen and e["kind"] == "backend"]
    assert not changes
    # and the new one works
    servers["b2"].stop(signal.SIGKILL)
    wait_until(lambda: shuntd.states("web")[B2] == "down", what="b2 down")


def test_the_checker_ends_with_its_daemon(lab, servers, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS, check=CHECK), {"web": 3})
    checker = shuntd.checker()
    assert process_start(checker)
    shuntd.kill()
    wait_until(lambda: not process_start(checker), what="the checker to end")


def slots_of(shuntd):
    return shuntd.backends("web")[B2]["status"]["slots"]


def test_by_hand(lab, servers, start):
    """drain and disable take a backend out, enable brings it back."""
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS, check=CHECK), {"web": 3})
    for command, state in (("drain", "draining"), ("disable", "disabled"), ("enable", "up")):
        shuntd.shunt("backend", command, "web", BACKENDS[1])
        wait_until(lambda state=state: shuntd.states("web")[B2] == state, what=f"b2 {state}")
        wait_until(lambda state=state: (slots_of(shuntd) > 0) == (state == "up"), 1,
                   f"slots of b2 when {state}")


def test_backup_serves_only_when_no_other_lives(lab, servers, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", check=CHECK, backends=[
        BACKENDS[0], (BACKENDS[1], "backup = true")]), {"web": 2})
    assert shuntd.backends("web")[B2]["status"]["slots"] == 0
    servers["b1"].stop(signal.SIGKILL)
    wait_until(lambda: shuntd.backends("web")[B2]["status"]["slots"] == 16381,
               what="the backup to take over")


def test_a_result_that_changes_nothing_yet_is_not_given_as_the_reason(lab, servers, start):
    def reason():
        return shuntd.backends("web")[B2]["status"]["reason"]
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS,
                           check="interval = 0.1s  timeout = 0.1s  fall = 1000"), {"web": 3})
    assert reason() == "connected"
    servers["b2"].stop(signal.SIGKILL)
    wait_until(lambda: reason() == "fails, fall not reached", what="the failure")
    assert shuntd.states("web")[B2] == "up"
    shuntd.shunt("service", "set", "web", "--check-fall", "1", "--check-rise", "1000")
    wait_until(lambda: shuntd.states("web")[B2] == "down", what="b2 down")
    assert reason() == "connection refused"
    lab.nginx(lab.backends[1])
    wait_until(lambda: reason() == "succeeds, rise not reached", what="the success")
    assert shuntd.states("web")[B2] == "down"
