# SPDX-License-Identifier: GPL-2.0-or-later
"""conftest.py - what the net tests start from: a lab, and a director in it."""
import contextlib
import hashlib
import itertools
import os
import re
import tempfile

import pytest

import shuntd as daemons
from lab import BACKENDS, BUILD, DR_VIP, NAT_VIP, Lab, interrupt_once
from modes import Mode

NAME = os.environ.get("SHUNT_TEST") or f"shunt-t{os.getpid()}"
numbers = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also what `make test` has no time for")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: for `make test-long` alone")
    # An end by SIGTERM cleans up as one by Ctrl-C does.
    interrupt_once()


def is_long(item):
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return item.get_closest_marker("long") or any(
        isinstance(value, Mode) and value.long() for value in parameters)


def pytest_collection_modifyitems(config, items):
    if os.geteuid() != 0:
        pytest.exit("namespaces need root", returncode=1)
    if not config.getoption("long"):
        config.hook.pytest_deselected(items=[item for item in items if is_long(item)])
        items[:] = [item for item in items if not is_long(item)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show the logs of the lab's processes beside a failure."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for lab in getattr(item.session, "labs", {}).values():
        for name in sorted(os.listdir(lab.log_dir)) if os.path.isdir(lab.log_dir) else ():
            if name.startswith("shuntd") and name.endswith(".log"):
                with open(f"{lab.log_dir}/{name}", encoding="utf-8", errors="replace") as log:
                    report.sections.append((f"{lab.log_dir}/{name}", log.read()[-6000:]))


def open_lab(request, **options):
    number = next(numbers)
    name = re.sub(r"[^\w.-]+", "_", request.node.nodeid.removeprefix("tests/net/"))[:80]
    lab = Lab(f"{NAME}-{number}", log_dir=f"{BUILD}/test-logs/net/{name}/{number}", **options)
    labs = vars(request.session).setdefault("labs", {})

    def close():
        labs.pop(number, None)
        lab.close()

    labs[number] = lab
    request.addfinalizer(close)
    lab.open()
    return lab


@pytest.fixture
def make_lab(request):
    """A function that opens one more lab: make_lab(backends=3, arms=1)."""
    return lambda **options: open_lab(request, **options)


@pytest.fixture
def lab(make_lab):
    """The network alone: nothing runs in it."""
    return make_lab()


@pytest.fixture
def servers(lab):
    """The network with an nginx on each backend: {name: its process}."""
    return {host.name: lab.nginx(host) for host in lab.backends}


def two_services(backends=BACKENDS, **options):
    return (daemons.service("web-dr", f"tcp:{DR_VIP}:80", "dr", backends, **options) +
            daemons.service("web-nat", f"tcp:{NAT_VIP}:80", "nat", backends, **options))


def start_two_services(lab):
    daemon = daemons.Shuntd(lab, daemons.config(two_services()))
    daemon.start()
    daemon.wait_up("web-dr", "web-nat")
    return daemon


@pytest.fixture
def shuntd(lab, servers):
    """A running director with services web-dr and web-nat, every backend up."""
    return start_two_services(lab)


@pytest.fixture(scope="module")
def onlooker(request):
    """The same, for all tests of a file that change nothing in it."""
    lab = open_lab(request)
    for host in lab.backends:
        lab.nginx(host)
    return start_two_services(lab)


@pytest.fixture
def start(lab):
    """A function that starts shuntd with the services and settings given, and waits until
    `up` = {service: count} backends are up."""
    def begin(services, up=None, **options):
        daemon = daemons.Shuntd(lab, daemons.config(services, **options))
        daemon.start()
        for name, count in (up or {}).items():
            daemon.wait_up(name, count=count)
        return daemon
    return begin


class Scratch:
    """A directory below build/ for large files."""

    def __init__(self, path):
        self.path = path

    def large_file(self, name, megabytes):
        """Write random content; returns its SHA-256."""
        digest = hashlib.sha256()
        with open(f"{self.path}/{name}", "wb") as file:
            for _ in range(megabytes):
                block = os.urandom(1 << 20)
                digest.update(block)
                file.write(block)
        return digest.hexdigest()


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def open_scratch():
    os.makedirs(f"{BUILD}/tmp", exist_ok=True)
    with tempfile.TemporaryDirectory(dir=f"{BUILD}/tmp") as path:
        os.chmod(path, 0o755)
        yield Scratch(path)


@pytest.fixture
def scratch():
    with open_scratch() as opened:
        yield opened
