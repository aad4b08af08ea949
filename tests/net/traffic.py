# SPDX-License-Identifier: GPL-2.0-or-later
"""traffic.py - what a client does and what the wire shows: requests, load, captures."""
import collections
import contextlib
import json
import os
import signal
import subprocess

from lab import TREE, wait_until

NET = f"{TREE}/tests/net"


def curl(host, url, *options, check=True, timeout=5):
    """Fetch a URL; the result as of run()."""
    return host.run("curl", "-sS", "-m", str(timeout), *options, url, check=check,
                    timeout=timeout + 10)


def answers(host, vip, count, port=80):
    """Who answers `count` requests, each on a connection of its own: Counter of names."""
    done = curl(host, f"http://{vip}:{port}/?[1-{count}]", "-H", "Connection: close", timeout=60)
    return collections.Counter(line for line in done.stdout.split("\n")
                               if line and not line.startswith("--_curl_--"))


def hops(host, address, *how):
    """The addresses of the hops that traceroute sees; "*" for one that does not answer."""
    done = host.run("traceroute", "-n", "-q", "1", "-w", "1", "-m", "5", *how, address)
    return [line.split()[1] for line in done.stdout.splitlines()[1:]]


class Load:
    """Requests at a steady rate from a host, in the background; see load.py."""

    def __init__(self, host, vip, rate=50, timeout=3, port=80):
        self.path = f"{host.lab.log_dir}/load-{vip}-{port}.json"
        with open(self.path, "w", encoding="ascii") as out:
            self.process = host.spawn(f"load-{vip}", "/usr/bin/python3", f"{NET}/load.py", vip, "--port",
                                      str(port), "--rate", str(rate), "--timeout", str(timeout),
                                      stdout=out)

    def __enter__(self):
        self.wait_for(1)
        return self

    def __exit__(self, *exception):
        if self.process.alive():
            self.stop()

    def results(self):
        """The requests that have ended, as load.py prints them, in the order they began."""
        with open(self.path, encoding="ascii") as file:
            lines = [json.loads(line) for line in file.read().split("\n")[:-1]]
        return sorted(lines, key=lambda line: line["at"])

    def wait_for(self, count, timeout=10):
        """Wait until `count` more requests have ended."""
        goal = len(self.results()) + count
        wait_until(lambda: len(self.results()) >= goal or not self.process.alive(), timeout,
                   f"{count} more requests")

    def stop(self):
        """End it and return all results."""
        self.process.stop(signal.SIGTERM)
        return self.results()


def tuples(host, vip, source, first, count):
    """{source port: who answered} for requests from `count` source ports."""
    done = host.run("/usr/bin/python3", f"{NET}/tuples.py", vip, source, str(first), str(count),
                    timeout=120)
    return {int(port): answer for port, answer in map(str.split, done.stdout.splitlines())}


class Held:
    """Connections that stay open; see hold.py."""

    def __init__(self, host, vip, count):
        self.process = host.spawn(f"hold-{vip}", "/usr/bin/python3", f"{NET}/hold.py", vip,
                                  str(count), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self):
        """One request on each; the list of who answered, None for a broken connection."""
        popen = self.process.popen
        popen.stdin.write("\n")
        popen.stdin.flush()
        line = popen.stdout.readline()
        assert line, self.process.log()
        return json.loads(line)


class Capture:
    """tcpdump on a device of a host, for a `with` block; packets() afterwards."""

    def __init__(self, host, device, *expression, name=None, headers=False):
        """`headers`: no more of a packet than those."""
        self.path = f"{host.lab.log_dir}/{name or f'{host.name}-{device}'}.pcap"
        # Direct to a file and at once, so that nothing waits in a buffer when it ends.
        self.process = host.spawn(f"tcpdump-{name or device}", "tcpdump", "-i", device, "-n", "-U",
                                  "-Z", "root", "--immediate-mode", "-B", "16384", "-w", self.path,
                                  *(["-s", "128"] if headers else []), *expression)

    def __enter__(self):
        wait_until(lambda: "listening on" in self.process.log() or not self.process.alive(),
                   what="tcpdump to listen")
        assert self.process.alive(), self.process.log()
        return self

    def __exit__(self, *exception):
        self.process.stop(signal.SIGINT)

    def packets(self):
        """The packets as scapy reads them."""
        import scapy.layers.inet  # slow to load: only for those who need it
        from scapy.utils import PcapReader
        with contextlib.closing(PcapReader(self.path)) as reader:
            return list(reader)

    def size(self):
        return os.path.getsize(self.path)
