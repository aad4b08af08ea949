# SPDX-License-Identifier: GPL-2.0-or-later
"""test_capture.py - shunt capture: what it shows is what came and went, and when it is over, however
it ends, the ordinary program is back."""
import os
import signal
import socket
import subprocess
import time

import pytest

import pcapng
import shuntd as daemons
from lab import BACKENDS, CLIENT, DR_VIP, NAT_VIP, wait_until
from shuntd import SHUNT

MAC = {"client": "02:00:00:00:00:02", "director": "02:00:00:00:00:01"}


class Capture:
    """A running `shunt capture` into a file."""

    def __init__(self, lab, shuntd, *options, name="capture"):
        self.lab, self.shuntd = lab, shuntd
        self.path = f"{lab.dir}/{name}.pcapng"
        self.process = lab.spawn(name, SHUNT, "-s", shuntd.socket, "capture", *options, "-w",
                                 self.path)
        wait_until(lambda: os.path.exists(self.path) and os.path.getsize(self.path) or
                   not self.process.alive(), what="the capture to begin")

    def wait_packets(self, count):
        """Wait until that many packets are in the file."""
        wait_until(lambda: len(self.read().pairs()) >= count, what=f"{count} packets")
        return self.read()

    def read(self):
        return pcapng.read(self.path)

    def end(self):
        assert self.process.stop(signal.SIGINT) == 0
        return self.read()


def program_of(lab, device="eth0"):
    """The number of the program on the director's interface."""
    return lab.director.link(device)["xdp"]["prog"]["id"]


def ordinary(shuntd):
    return shuntd.json("status")["program"]["id"]


def wait_ordinary(lab, shuntd):
    wait_until(lambda: program_of(lab) == ordinary(shuntd), what="the ordinary program")


def tcpdump(path, *options):
    return subprocess.run(["tcpdump", "-nr", path, *options], capture_output=True, text=True,
                          check=True).stdout


def curl(lab, vip, **options):
    return lab.client.run("curl", "-sf", f"http://{vip}/", **options).stdout.strip()


def knock(lab, vip, port, count=1):
    """UDP to a port where no service is."""
    lab.client.run("/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range({count}):
    s.sendto(b"knock", ("{vip}", {port}))
""")


def test_before_and_after(lab, shuntd):
    """nat: every packet of a request and its answer, as it came in and as it went out."""
    capture = Capture(lab, shuntd, "--service", "web-nat")
    assert program_of(lab) != ordinary(shuntd)
    backend = BACKENDS[int(curl(lab, NAT_VIP)[1]) - 1]
    assert curl(lab, DR_VIP)
    capture.wait_packets(8)
    assert shuntd.json("status")["captures"] == 1
    assert "captures    1 running\n" in shuntd.shunt("status").stdout
    found = capture.end()
    wait_ordinary(lab, shuntd)
    assert [interface.name for interface in found.interfaces] == ["eth0-in", "eth0-out"]
    text = tcpdump(capture.path, "tcp[tcpflags] & tcp-syn != 0")
    syn, syn_out, answer, answer_out = text.splitlines()[:4]
    assert f"{CLIENT}." in syn and f"> {NAT_VIP}.80: Flags [S]" in syn
    assert f"> {backend}.80: Flags [S]" in syn_out and f"{CLIENT}." in syn_out
    assert f"IP {backend}.80 > {CLIENT}." in answer
    assert f"IP {NAT_VIP}.80 > {CLIENT}." in answer_out
    first_in, first_out = found.pairs()[0]
    assert first_in.comment == first_out.comment == f"web-nat: forward, to {backend}:80"
    assert abs(first_in.time - time.time()) < 60 and first_in.time <= first_out.time
    assert all(DR_VIP not in line for line in tcpdump(capture.path).splitlines())
    assert found.lost == 0


def test_by_two_arms(make_lab):
    """What goes out by another interface is shown there."""
    lab = make_lab(arms=2)
    for host in lab.backends:
        lab.nginx(host)
    shuntd = daemons.Shuntd(lab, daemons.config(
        daemons.service("web-nat", f"tcp:{NAT_VIP}:80", "nat", BACKENDS), ("eth0", "eth1")))
    shuntd.start()
    shuntd.wait_up("web-nat")
    capture = Capture(lab, shuntd)
    curl(lab, NAT_VIP)
    capture.wait_packets(8)
    ways = [(came.interface, went.interface) for came, went in capture.end().pairs()]
    assert ways[:2] == [("eth0-in", "eth1-out"), ("eth1-in", "eth0-out")]
    for device in ("eth0", "eth1"):
        wait_until(lambda device=device: program_of(lab, device) == ordinary(shuntd),
                   what=f"the ordinary program on {device}")


def test_dr_changes_only_the_addresses_of_the_frame(lab, shuntd):
    capture = Capture(lab, shuntd, "--service", "web-dr")
    curl(lab, DR_VIP)
    capture.wait_packets(4)
    for came, went in capture.end().pairs():
        assert came.bytes[12:] == went.bytes[12:] and came.bytes[:12] != went.bytes[:12]
        assert came.length == len(came.bytes)


def test_drops_and_their_reasons(lab, shuntd):
    shuntd.shunt("service", "add", "nobody", f"udp:{DR_VIP}:9")
    capture = Capture(lab, shuntd, "--drops", "--limit", "3")
    curl(lab, DR_VIP)
    knock(lab, DR_VIP, 9, 5)
    assert capture.process.wait() == 0
    found = capture.read()
    assert len(found.packets) == 3
    for packet in found.packets:
        assert packet.direction == "in" and packet.bytes.endswith(b"knock")
        assert packet.comment == "nobody: drop no_backend (no backend of the service is up)"
    assert "packets 3, lost 0" in capture.process.log()
    wait_ordinary(lab, shuntd)


def test_what_passes_and_what_is_answered(lab, shuntd):
    capture = Capture(lab, shuntd)
    knock(lab, DR_VIP, 7)
    capture.wait_packets(1)
    lab.client.run("ping", "-c", "1", DR_VIP)
    capture.wait_packets(2)
    (knocked, none), (ping, pong) = capture.end().pairs()
    assert none is None and knocked.comment.startswith("pass unmatched_pass (")
    assert pong and ping.comment.startswith("answer icmp_echo (")


def test_to_a_pipe(lab, shuntd):
    """tcpdump reads it as it comes."""
    with lab.spawn("pipe", SHUNT, "-s", shuntd.socket, "capture", "--limit", "2", "--service",
                   "web-dr", "-w", "-", stdout=subprocess.PIPE).popen as shunt:
        wait_until(lambda: program_of(lab) != ordinary(shuntd), what="the capture")
        curl(lab, DR_VIP)
        text = subprocess.run(["tcpdump", "-nr", "-"], stdin=shunt.stdout, capture_output=True,
                              text=True, check=True).stdout
    assert text.count(f"> {DR_VIP}.80: Flags") == 4


def test_long_packets_are_cut(lab, shuntd):
    capture = Capture(lab, shuntd, "--service", "web-dr", "--snaplen", "64")
    lab.client.run("curl", "-sf", "-H", f"X: {'x' * 500}", f"http://{DR_VIP}/")
    capture.wait_packets(4)
    found = capture.end()
    assert max(packet.length for packet in found.packets) > 500
    assert max(len(packet.bytes) for packet in found.packets) == 64
    assert all(interface.snaplen == 64 for interface in found.interfaces)


def test_several_readers(lab, shuntd):
    """Each gets what he wants; the ordinary program is back when the last has gone."""
    first = Capture(lab, shuntd, "--service", "web-dr", name="first")
    second = Capture(lab, shuntd, "--service", "web-nat", "--snaplen", "100", name="second")
    curl(lab, DR_VIP), curl(lab, NAT_VIP)
    first.wait_packets(4)
    second.wait_packets(8)
    assert {packet.comment.split(":")[0] for packet in first.end().packets} == {"web-dr"}
    assert program_of(lab) != ordinary(shuntd)
    curl(lab, NAT_VIP)
    second.wait_packets(16)
    assert {packet.comment.split(":")[0] for packet in second.end().packets} == {"web-nat"}
    wait_ordinary(lab, shuntd)


def test_no_packet_is_missed_by_the_change(lab, shuntd):
    """Captures begin and end under a steady stream; not one connection breaks or is refused."""
    stream = lab.client.spawn("stream", "/usr/bin/python3", "-c", f"""
import socket, sys
for i in range(100000):
    s = socket.create_connection(("{DR_VIP}", 80), 3)
    s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    assert s.recv(100)
    s.close()
    print(i, flush=True)
""")
    for number in range(3):
        capture = Capture(lab, shuntd, "--service", "web-dr", "--snaplen", "64",
                          name=f"capture{number}")
        capture.wait_packets(20)
        capture.end()
        wait_ordinary(lab, shuntd)
    done = len(stream.log().splitlines())
    wait_until(lambda: len(stream.log().splitlines()) > done + 20, what="the stream to go on")
    assert stream.alive()
    stream.stop()
    assert "Error" not in stream.log()


@pytest.mark.parametrize("traffic", [False, True])
def test_a_reader_that_is_killed(lab, shuntd, traffic):
    capture = Capture(lab, shuntd)
    assert program_of(lab) != ordinary(shuntd)
    capture.process.stop(signal.SIGKILL)
    if traffic:
        curl(lab, DR_VIP)
    wait_ordinary(lab, shuntd)
    assert curl(lab, DR_VIP)
    capture.read()  # and what is there is whole blocks


def test_the_daemon_stops(lab, shuntd):
    capture = Capture(lab, shuntd)
    curl(lab, DR_VIP)
    capture.wait_packets(4)
    program = ordinary(shuntd)
    shuntd.stop()
    assert program_of(lab) == program
    assert capture.process.wait() == 3 and "is shuntd running" in capture.process.log()
    assert capture.read().pairs()
    assert curl(lab, DR_VIP)


def test_the_daemon_is_killed(lab, shuntd):
    """Packets go on; the next daemon puts its own program in place."""
    capture = Capture(lab, shuntd)
    before = ordinary(shuntd)
    shuntd.kill()
    assert program_of(lab) != before and curl(lab, DR_VIP)
    assert curl(lab, NAT_VIP)  # also what the program hands on to others
    lab.client.run("ping", "-c", "1", DR_VIP)
    assert capture.process.wait() == 3
    shuntd.start()
    assert program_of(lab) == ordinary(shuntd)
    assert curl(lab, DR_VIP)


def test_a_reader_that_takes_nothing(lab, shuntd):
    """He loses packets and is told; the daemon and the other readers are as before."""
    slow = socket.socket(socket.AF_UNIX)
    slow.connect(shuntd.socket)
    slow.sendall(b"GET /v1/capture HTTP/1.0\r\n\r\n")
    wait_until(lambda: program_of(lab) != ordinary(shuntd), what="the capture")
    other = Capture(lab, shuntd, "--service", "web-dr", "--snaplen", "64")
    lab.client.run("/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(12000):
    s.sendto(bytes(1400), ("{DR_VIP}", 7))
""")
    curl(lab, DR_VIP)
    other.wait_packets(4)
    other.end()
    data = b""
    slow.settimeout(5)
    while b"\r\n\r\n" not in data or pcapng_lost(data) == 0:
        data += slow.recv(1 << 20)
    slow.close()
    wait_ordinary(lab, shuntd)


def pcapng_lost(data):
    """What the whole blocks of an answer that is on its way say was lost."""
    body = data.partition(b"\r\n\r\n")[2]
    end = 0
    while len(body) - end >= 8:
        length = int.from_bytes(body[end + 4:end + 8], "little")
        if end + length > len(body):
            break
        end += length
    return pcapng.Capture(body[:end]).lost if end else 0


def test_refused(lab, shuntd):
    missing = shuntd.shunt("capture", "--service", "shop", "-w", "/dev/null", check=False)
    assert missing.returncode == 4 and "shop" in missing.stderr
    nowhere = shuntd.shunt("capture", "-w", f"{lab.dir}/no/such/file", check=False)
    assert nowhere.returncode == 1 and "/no/such/file" in nowhere.stderr
    assert shuntd.shunt("capture", check=False).returncode == 2
    for query in ("limit=x", "snaplen=63", "snaplen=65536", "drops=2", "colour=1"):
        assert shuntd.api("GET", f"/v1/capture?{query}")[0] == 400
    assert program_of(lab) == ordinary(shuntd)
