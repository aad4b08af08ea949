# SPDX-License-Identifier: GPL-2.0-or-later
"""shuntd.py - a shuntd of a lab: its files, its start and end, its command line and its API."""
import contextlib
import http.client
import json
import os
import select
import signal
import socket
import time

from lab import BUILD, LabError, run, wait_until

SHUNTD, SHUNT = f"{BUILD}/shuntd", f"{BUILD}/shunt"
SEED = "5eed5eed5eed5eed"


class Shuntd:
    """One daemon with directories of its own below the lab's; it need not run."""

    def __init__(self, lab, config="", name="shuntd"):
        self.lab, self.name = lab, name
        self.home = f"{lab.dir}/{name}"
        self.runtime_dir, self.state_dir = f"{self.home}/run", f"{self.home}/state"
        self.pin_dir = f"{lab.dir}/bpf/{name}"
        self.config_path = f"{self.home}/shunt.conf"
        self.socket = f"{self.runtime_dir}/shuntd.sock"
        self.process = None
        os.makedirs(self.home, exist_ok=True)
        self.write_config(config)

    # --- the process ---

    def write_config(self, text):
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(text)

    def options(self):
        return ["-c", self.config_path, "--runtime-dir", self.runtime_dir,
                "--state-dir", self.state_dir, "--pin-dir", self.pin_dir]

    def start(self, timeout=10):
        """Start it and wait until it says READY=1. Returns its process."""
        with Notifications(f"{self.home}/notify") as notifications:
            self.process = self.lab.director.spawn(self.name, SHUNTD, *self.options(),
                                                   env={"NOTIFY_SOCKET": notifications.path})
            notifications.wait("READY=1", self.process, timeout)
        return self.process

    def stop(self):
        """SIGTERM; returns the exit code. What is pinned goes on forwarding."""
        return self.process.stop()

    def kill(self):
        return self.process.stop(signal.SIGKILL)

    def stop_forwarding(self, check=True):
        return self.lab.director.run(SHUNTD, "--stop-forwarding", "--pin-dir", self.pin_dir,
                                     "--runtime-dir", self.runtime_dir, check=check)

    def refuse(self, timeout=10):
        """Start it in the expectation that it ends by itself; the result as of run()."""
        return self.lab.director.run(SHUNTD, *self.options(), check=False, timeout=timeout)

    def log(self):
        return self.process.log()

    def checker(self):
        """The pid of shunt-checker."""
        return self.json("status")["checker"]["pid"]

    # --- the command line ---

    def shunt(self, *args, check=True, stdin=None):
        """Run shunt; the result has returncode, stdout, stderr."""
        return run(SHUNT, "-s", self.socket, *args, check=check, stdin=stdin)

    def json(self, *args):
        return json.loads(self.shunt("--json", *args).stdout)

    # --- the API, without the command line ---

    def api(self, method, path, body=None):
        """Returns (status, body): decoded if it is JSON, else as text."""
        data = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        connection = UnixConnection(self.socket)
        with contextlib.closing(connection):
            connection.request(method, path, data)
            answer = connection.getresponse()
            text = answer.read().decode()
        if answer.getheader("Content-Type", "").startswith("application/json"):
            return answer.status, json.loads(text)
        return answer.status, text

    def get(self, path):
        status, body = self.api("GET", path)
        if status != 200:
            raise LabError(f"GET {path}: {status} {body}")
        return body

    def backends(self, service):
        """{address: backend} of a service."""
        backends = self.get(f"/v1/services/{service}/backends")["backends"]
        return {backend["address"]: backend for backend in backends}

    def states(self, service):
        return {address: backend["status"]["state"]
                for address, backend in self.backends(service).items()}

    def wait_up(self, *services, count=3, timeout=10):
        """Wait until `count` backends of each service are up."""
        for service in services:
            wait_until(lambda service=service: list(self.states(service).values()).count("up") ==
                       count, timeout, f"{count} backends of {service} up")

    def events(self):
        """The events so far, oldest first."""
        return [json.loads(line) for line in self.get("/v1/events").splitlines()]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("shunt", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Notifications:
    """The other end of sd_notify(3)."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        return self

    def __exit__(self, *exception):
        self.socket.close()
        os.unlink(self.path)

    def wait(self, line, process, timeout):
        """Wait for a line; LabError if the process ends first."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if select.select([self.socket], [], [], 0.05)[0]:
                if line in self.socket.recv(4096).decode().splitlines():
                    return
            elif not process.alive():
                raise LabError(f"{process.name} ended with {process.wait()}:\n{process.log()}")
        raise LabError(f"{process.name}: no {line} within {timeout} s:\n{process.log()}")


def config(services="", interfaces=("eth0",), seed=SEED, settings=""):
    """The text of a shunt.conf."""
    names = ", ".join(f'"{name}"' for name in interfaces)
    return f'interfaces = {{{names}}}\nseed = "{seed}"\n{settings}\n{services}'


def service(name, address, forward="dr", backends=(), check='interval = 200ms  timeout = 100ms',
            keys=""):
    """A service section; `backends` are addresses or (address, keys) pairs."""
    lines = [f'service "{name}" {{', f'\taddress = "{address}"', f"\tforward = {forward}"]
    if keys:
        lines.append(f"\t{keys}")
    if check:
        lines.append(f'\tcheck "tcp" {{ {check} }}')
    for backend in backends:
        address, options = (backend, "") if isinstance(backend, str) else backend
        lines.append(f'\tbackend "{address}" {{ {options} }}')
    return "\n".join(lines) + "\n}\n"
