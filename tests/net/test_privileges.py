# SPDX-License-Identifier: GPL-2.0-or-later
"""test_privileges.py - who runs with what: from /proc, not from what the programs say."""
import os
import stat

import pytest

from conftest import two_services

CAP_NET_ADMIN, CAP_NET_RAW, CAP_PERFMON, CAP_BPF = 12, 13, 38, 39
CAP_KILL, CAP_SETGID, CAP_SETUID = 5, 6, 7


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def capabilities(pid, kind):
    bits = int(status_of(pid)[f"Cap{kind}"], 16)
    return {number for number in range(64) if bits >> number & 1}


def threads(pid):
    return os.listdir(f"/proc/{pid}/task")


def children(pid):
    """All processes below `pid`."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        direct = [int(child) for child in file.read().split()]
    return direct + [below for child in direct for below in children(child)]


@pytest.mark.parametrize("settings", ["", "announce = auto"], ids=["announce none", "announce auto"])
def test_shuntd(lab, servers, start, settings):
    shuntd = start(two_services(), {"web-dr": 3}, settings=settings)
    wanted = {CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF}
    for thread in threads(shuntd.process.pid):
        assert capabilities(thread, "Eff") == capabilities(thread, "Prm") == wanted
        assert not capabilities(thread, "Inh") and not capabilities(thread, "Amb")
        assert not capabilities(thread, "Bnd")
        assert status_of(thread)["NoNewPrivs"] == "1"


def test_shunt_checker(shuntd):
    pid = shuntd.checker()
    status = status_of(pid)
    assert set(status["Uid"].split()) == set(status["Uid"].split()[:1]) and status["Uid"][0] != "0"
    assert not {"0"} & set(status["Gid"].split()) and not status["Groups"].strip("\t 0123456789") \
        and "0" not in status["Groups"].split()
    for kind in ("Eff", "Prm", "Inh", "Amb"):
        assert not capabilities(pid, kind)
    assert status["NoNewPrivs"] == "1"
    # and it holds nothing of the daemon's: its socket, the standard three, and its own
    kept = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    assert not [target for target in kept if "bpf" in target or "shuntd.sock" in target]
    maps = {line.split()[-1] for line in open(f"/proc/{pid}/maps", encoding="utf-8")}
    assert not [path for path in maps if "bpf-map" in path or "bpf_map" in path]


def test_helpers_of_shuntd(shuntd):
    """What else shuntd started has no more than it takes to start a checker."""
    for pid in children(shuntd.process.pid):
        assert capabilities(pid, "Eff") <= {CAP_KILL, CAP_SETGID, CAP_SETUID}, status_of(pid)["Name"]


def test_files(shuntd):
    def mode(path):
        return stat.S_IMODE(os.stat(path).st_mode)
    assert mode(shuntd.runtime_dir) == 0o755 and mode(shuntd.socket) == 0o666
    assert mode(shuntd.pin_dir) == 0o700
    assert mode(shuntd.state_dir) & 0o027 == 0
    for directory, _, files in os.walk(shuntd.state_dir):
        assert all(mode(f"{directory}/{name}") & 0o022 == 0 for name in files)


def test_few_libraries_in_the_privileged_process(shuntd):
    """The library that talks TLS and a dozen protocols belongs to the checker alone."""
    with open(f"/proc/{shuntd.process.pid}/maps", encoding="utf-8") as maps:
        assert "libcurl" not in maps.read()
