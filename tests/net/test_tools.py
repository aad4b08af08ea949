# SPDX-License-Identifier: GPL-2.0-or-later
"""test_tools.py - the lab, the demo, the set-up and the README's commands, as a newcomer uses them."""
import os
import re
import signal
import subprocess
import tempfile

import pytest

from conftest import NAME
from lab import DR_VIP, TREE, LabError, process_start, run, wait_until

SETUP, LAB, DEMO = f"{TREE}/tools/setup", f"{TREE}/tools/lab", f"{TREE}/tools/demo"


def leftovers(name):
    """What of a lab is still there."""
    found = [f"namespace {n}" for n in os.listdir("/run/netns") if n.startswith(f"{name}.")] \
        if os.path.isdir("/run/netns") else []
    with open("/proc/mounts", encoding="utf-8") as mounts:
        found += [f"mount {line.split()[1]}" for line in mounts if f"/run/{name}" in line]
    found += [f"directory /run/{n}" for n in os.listdir("/run") if n == name]
    done = run("pgrep", "-a", "-f", f"/run/{name}/", check=False)
    return found + [f"process {line}" for line in done.stdout.splitlines()]


@pytest.fixture
def name():
    """A lab of a name of its own, removed in the end."""
    name = f"{NAME}-tools"
    yield name
    run("env", f"LAB={name}", LAB, "down")


def lab(name, *arguments, check=True):
    return run("env", f"LAB={name}", LAB, *arguments, check=check)


def test_lab(name):
    assert lab(name, "status", check=False).returncode == 1
    welcome = lab(name, "up").stdout
    for command in re.findall(r"^  tools/lab (run .*?)(?:   .*)?$", welcome, re.M):
        assert lab(name, *command.split()).stdout.strip(), command
    assert lab(name, "run", "client", "curl", "-s", f"http://{DR_VIP}/").stdout in (
        "b1\n", "b2\n", "b3\n")
    assert "web-nat" in lab(name, "run", "director", "shunt", "list").stdout
    assert "shuntd" in lab(name, "status").stdout
    again = lab(name, "up", check=False)
    assert again.returncode == 1 and len(again.stderr.splitlines()) == 1
    nobody = lab(name, "run", "b9", "true", check=False)
    assert nobody.returncode == 1 and "b1" in nobody.stderr
    lab(name, "down")
    assert not leftovers(name)
    lab(name, "down")


def test_lab_up_fails_half_way(name):
    """Something is in its way: what it had built by then is gone again."""
    run("ip", "netns", "add", f"{name}.b2")
    done = lab(name, "up", check=False)
    assert done.returncode == 1
    assert not leftovers(name)


def test_lab_down_after_its_processes_died(name):
    lab(name, "up")
    for line in lab(name, "status").stdout.splitlines()[1:]:
        os.kill(int(line.split()[0]), signal.SIGKILL)
    lab(name, "down")
    assert not leftovers(name)


@pytest.mark.parametrize("bad", ["shuntlab", "../etc", "shunt-a/b", "systemd"])
def test_lab_refuses_names_that_are_not_a_labs(bad):
    done = lab(bad, "down", check=False)
    assert done.returncode == 1 and "shunt-" in done.stderr


def demo():
    child = subprocess.Popen([DEMO], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             start_new_session=True)
    return child, f"shunt-demo-{child.pid}"


def test_demo():
    child, name = demo()
    output = child.communicate(timeout=90)[0]
    assert child.returncode == 0, output
    steps = re.findall(r"^(\d+)\. ", output, re.M)
    assert steps == [str(n + 1) for n in range(len(steps))] and len(steps) >= 6
    assert len(output.splitlines()) < 120
    assert not leftovers(name)


@pytest.mark.parametrize("number", [signal.SIGINT,
                                    pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
@pytest.mark.parametrize("moment", ["1. ", "3. ", "5. "])
def test_demo_interrupted(number, moment):
    child, name = demo()
    for line in child.stdout:
        if line.startswith(moment):
            break
    else:
        raise LabError("the demo ended too early")
    os.killpg(child.pid, number)  # as a terminal's Ctrl-C does
    for line in child.stdout:
        if "interrupted" in line:
            os.killpg(child.pid, number)  # by one who cannot wait
    assert child.wait(30) not in (0, -number)
    assert not leftovers(name)
    wait_until(lambda: not process_start(child.pid))


@pytest.fixture
def fake():
    """A directory for a dpkg-query and an apt-get that only say what they were asked; also for one
    who may not enter the tree."""
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-") as path:
        os.chmod(path, 0o755)
        yield path


def fake_setup(path, installed, nobody=False):
    asked = f"{path}/asked"
    scripts = {"dpkg-query": f'for last; do :; done; grep -qx "$last" {path}/installed && '
                             'printf installed',
               "apt-get": f'echo "$@" >>{asked}; case "$*" in *" install "*) '
                          f'for p; do echo "$p"; done >>{path}/installed;; esac'}
    for name, text in scripts.items():
        with open(f"{path}/{name}", "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(f"{path}/{name}", 0o755)
    with open(f"{path}/installed", "w", encoding="ascii") as file:
        file.write("\n".join(installed) + "\n")
    prefix = ["setpriv", "--reuid=65534", "--clear-groups"] if nobody else []
    with open(SETUP, encoding="ascii") as file:
        done = run(*prefix, "env", f"PATH={path}:{os.environ['PATH']}", "bash", "-s", "build",
                   check=False, stdin=file.read())
    lines = []
    if os.path.exists(asked):
        with open(asked, encoding="ascii") as file:
            lines = file.read().splitlines()
    return done, lines


def build_list():
    with open(SETUP, encoding="ascii") as file:
        return re.search(r'^build="(.*?)"', file.read(), re.M | re.S).group(1).split()


def test_setup_asks_nothing_when_all_is_there(fake):
    done, asked = fake_setup(fake, build_list())
    assert (done.returncode, done.stdout, asked) == (0, "", [])


def test_setup_installs_what_is_missing(fake):
    policy = "/usr/sbin/policy-rc.d"
    before = os.path.exists(policy)
    done, asked = fake_setup(fake, [p for p in build_list() if p not in ("scdoc", "clang")])
    assert done.returncode == 0, done.stderr
    assert [a.split()[-1] for a in asked if " update" in a] == ["update"]
    install = next(a for a in asked if " install " in a)
    assert "--no-install-recommends" in install and install.endswith("clang scdoc")
    assert os.path.exists(policy) == before


def test_setup_without_root_says_what_to_install(fake):
    done, asked = fake_setup(fake, [p for p in build_list() if p != "scdoc"], nobody=True)
    assert done.returncode == 1 and not asked
    assert done.stderr.splitlines()[-1] == "apt-get install --no-install-recommends scdoc"


def test_setup_usage():
    assert run(SETUP, check=False).returncode == 2
    assert run(SETUP, "tets", check=False).returncode == 2


def examples(document):
    """The commands that a document shows: its sh blocks and indented lines, without comments."""
    with open(f"{TREE}/{document}", encoding="utf-8") as file:
        text = file.read()
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)).splitlines()
    lines += re.findall(r"^    (\S.*)$", text, re.M)
    return [line.partition(" #")[0].split() for line in lines]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/getting-started.md"])
def test_what_documents_name_exists(document):
    targets = run("make", "-C", TREE, "-s", "help").stdout.split()
    shown = examples(document)
    assert shown
    for command in shown:
        if command[0] == "make":
            assert all(word in targets for word in command[1:] if "=" not in word), command
        elif "/" in command[0] and not command[0].startswith("/"):
            assert os.access(f"{TREE}/{command[0]}", os.X_OK), command
    with open(f"{TREE}/{document}", encoding="utf-8") as file:
        for path in re.findall(r"\]\(([^)#]+)\)", file.read()):
            assert os.path.exists(f"{TREE}/{os.path.dirname(document)}/{path}"), path


def test_readme_commands(name):
    commands = [c for c in examples("README.md") if c[0] == "tools/lab"]
    assert len(commands) >= 3
    lab(name, "up")
    for command in commands:
        lab(name, *command[1:])
