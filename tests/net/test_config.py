# SPDX-License-Identifier: GPL-2.0-or-later
"""test_config.py - the file, the changes made by hand, and who wins when."""
import glob
import json
import os
import signal

import pytest

from lab import BACKENDS, DR_VIP, NAT_VIP, run, wait_until
from shuntd import SHUNTD, config, service

WEB = service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS[:2], check="kind = none")
DNS = service("dns", f"udp:{DR_VIP}:53", backends=BACKENDS, check="")


@pytest.fixture
def daemon(lab, start):
    return start(WEB, {"web": 2})


def names(shuntd):
    return [s["name"] for s in shuntd.json("list")["services"]]


def test_changes_by_hand_outlive_a_restart(daemon):
    daemon.shunt("service", "add", "dns", f"udp:{DR_VIP}:53")
    daemon.shunt("backend", "add", "dns", BACKENDS[2], "--weight", "7")
    daemon.shunt("backend", "set", "web", BACKENDS[0], "--weight", "3")
    before = daemon.get("/v1/config")
    daemon.kill()
    daemon.start()
    assert daemon.get("/v1/config") == before
    assert daemon.backends("dns")[f"{BACKENDS[2]}:53"]["weight"] == 7


def test_an_edited_file_wins_over_changes_by_hand(daemon):
    daemon.shunt("service", "add", "dns", f"udp:{DR_VIP}:53")
    daemon.shunt("backend", "set", "web", BACKENDS[0], "--weight", "3")
    daemon.stop()
    daemon.write_config(config(WEB.replace("{  }", "{ weight = 9 }")))
    daemon.start()
    assert names(daemon) == ["web"]
    assert {b["weight"] for b in daemon.backends("web").values()} == {9}
    # what was overridden is kept beside it, and an event says where
    event = next(e for e in daemon.events() if e["kind"] == "config" and e["level"] != "info")
    kept = glob.glob(f"{daemon.state_dir}/*overridden*")
    assert len(kept) == 1 and kept[0] in event["text"], event
    with open(kept[0], encoding="utf-8") as file:
        assert "dns" in file.read()


def test_reload_makes_the_file_win_but_keeps_what_was_asked_for_by_hand(daemon):
    daemon.shunt("service", "add", "dns", f"udp:{DR_VIP}:53")
    daemon.shunt("backend", "drain", "web", BACKENDS[0])
    daemon.write_config(config(WEB.replace("{  }", "{ weight = 9 }")))
    changes = daemon.json("reload")["changes"]
    assert {"remove", "change"} <= {c["action"] for c in changes}
    assert names(daemon) == ["web"]
    assert {b["weight"] for b in daemon.backends("web").values()} == {9}
    assert daemon.states("web")[f"{BACKENDS[0]}:80"] == "draining"
    # unless the file itself sets it
    daemon.write_config(config(WEB.replace("{  }", "{ admin = enabled }")))
    daemon.shunt("reload")
    assert daemon.states("web")[f"{BACKENDS[0]}:80"] == "up"


def test_diff_and_save(daemon):
    assert daemon.json("diff")["changes"] == []
    daemon.shunt("backend", "set", "web", BACKENDS[0], "--weight", "3")
    change = daemon.json("diff")["changes"]
    assert [(c["action"], c["object"], c["key"], c["from"], c["to"]) for c in change] == [
        ("change", "backend", "weight", "1", "3")]
    daemon.shunt("save")
    assert daemon.json("diff")["changes"] == []
    assert run(SHUNTD, "-t", "-c", daemon.config_path).returncode == 0
    saved = daemon.get("/v1/config")
    daemon.stop()
    daemon.start()
    assert daemon.get("/v1/config") == saved


@pytest.mark.parametrize("edit", ["comment", "changed"])
def test_save_does_not_lose_what_people_wrote(daemon, edit):
    with open(daemon.config_path, encoding="utf-8") as file:
        text = file.read()
    text = f"# ours\n{text}" if edit == "comment" else text + DNS
    daemon.write_config(text)
    if edit == "comment":
        daemon.shunt("reload")
    daemon.shunt("backend", "set", "web", BACKENDS[0], "--weight", "3")
    done = daemon.shunt("save", check=False)
    assert done.returncode == 1 and "--force" in done.stderr
    with open(daemon.config_path, encoding="utf-8") as file:
        assert file.read() == text
    daemon.shunt("save", "--force")
    assert daemon.json("diff")["changes"] == []


def test_save_and_load_again_is_the_same(daemon):
    """Also with everything that the config syntax treats specially."""
    odd = 'a "quote", a \\ backslash, ${HOME}, $(x), {braces} # no comment // nor this'
    assert daemon.api("PATCH", "/v1/services/web", {"description": odd})[0] == 200
    before = daemon.get("/v1/config")
    daemon.shunt("save")
    daemon.shunt("reload")
    assert daemon.get("/v1/config") == before
    assert daemon.json("service", "show", "web")["description"] == odd


def test_the_environment_in_the_file_and_after_save(daemon, monkeypatch):
    """libconfuse replaces ${NAME} in double quotes; what `save` writes must not be replaced again."""
    monkeypatch.setenv("NOTE", "from ${HOME}")
    text = config(WEB.replace("forward", 'description = "${NOTE}"\n\tforward'))
    daemon.stop()
    daemon.write_config(text)
    daemon.start()
    assert daemon.json("service", "show", "web")["description"] == "from ${HOME}"
    daemon.shunt("save", "--force")
    daemon.shunt("reload")
    assert daemon.json("service", "show", "web")["description"] == "from ${HOME}"


def test_apply(daemon):
    path = f"{daemon.home}/new.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(config(WEB + DNS))
    planned = daemon.json("apply", "--dry-run", path)["changes"]
    assert names(daemon) == ["web"]
    assert daemon.json("apply", path)["changes"] == planned
    assert names(daemon) == ["web", "dns"]
    assert daemon.json("apply", path)["changes"] == []


def test_includes(daemon):
    with open(f"{daemon.home}/dns.inc", "w", encoding="utf-8") as file:
        file.write(DNS)
    daemon.write_config(config(WEB) + 'include("*.inc")\n')
    daemon.shunt("reload")
    assert names(daemon) == ["web", "dns"]
    # an edit of the included file counts as one of the file
    daemon.shunt("service", "remove", "web")
    daemon.stop()
    with open(f"{daemon.home}/dns.inc", "a", encoding="utf-8") as file:
        file.write("\n")
    daemon.start()
    assert names(daemon) == ["web", "dns"]


def test_a_damaged_state_file_is_no_disaster(daemon):
    daemon.shunt("backend", "set", "web", BACKENDS[0], "--weight", "3")
    daemon.stop()
    for path in glob.glob(f"{daemon.state_dir}/*"):
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"digest": ')
    daemon.start()
    assert names(daemon) == ["web"]
    assert any(e["level"] != "info" for e in daemon.events())


def test_the_running_config_as_text_is_a_config(daemon):
    daemon.shunt("backend", "set", "web", BACKENDS[0], "--weight", "3")
    text = daemon.get("/v1/config?format=conf")
    assert run(SHUNTD, "-t", "-c", "/dev/stdin", check=False, stdin=text).returncode == 0
    status, diff = daemon.api("POST", "/v1/diff", {"text": text, "name": "running"})
    assert (status, diff["changes"]) == (200, [])


def test_commands_build_what_a_file_builds(lab, start):
    """Nothing but a command line, from empty to serving."""
    for host in lab.backends:
        lab.nginx(host)
    shuntd = start("", interfaces=())
    shuntd.shunt("attach", "eth0")
    shuntd.shunt("service", "add", "web", f"tcp:{NAT_VIP}:80", "--forward", "nat")
    for address in BACKENDS:
        shuntd.shunt("backend", "add", "web", address)
    shuntd.wait_up("web")
    text = shuntd.get("/v1/config?format=conf")
    shuntd.write_config(text)
    shuntd.shunt("reload")
    assert shuntd.json("diff")["changes"] == []
    assert json.dumps(shuntd.get("/v1/config")).count(NAT_VIP) == 1
    wait_until(lambda: lab.director.link().get("xdp"), what="eth0 attached")


def test_sighup_reloads(daemon):
    def last():
        return [e for e in daemon.events() if e["kind"] == "config"][-1]
    with open(daemon.config_path, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(text + "unmatched = drop\n")
    os.kill(daemon.process.pid, signal.SIGHUP)
    wait_until(lambda: daemon.get("/v1/config")["settings"].get("unmatched") == "drop",
               what="the reload")
    wait_until(lambda: "reloaded, changes: 1" in last()["text"], what="the event")
    before = daemon.get("/v1/config")
    daemon.write_config(text + "unmatched = dorp\n")
    os.kill(daemon.process.pid, signal.SIGHUP)
    wait_until(lambda: last()["level"] == "warning", what="the refusal")
    line = len(text.splitlines()) + 1
    assert f"{daemon.config_path}:{line}: unmatched: 'dorp'" in last()["text"]
    assert daemon.get("/v1/config") == before
