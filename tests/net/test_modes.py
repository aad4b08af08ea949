# SPDX-License-Identifier: GPL-2.0-or-later
"""test_modes.py - what a client does with a service, by every mode of modes.py, with the programs
that people use."""
import json
import os
import re

import pytest

from conftest import open_lab, open_scratch, sha256
from modes import DNS, ECHO, IPERF, MODES, SHORT, WEB, Site
from traffic import NET, answers, curl, hops

MEGABYTES = 100


@pytest.fixture(scope="module")
def content():
    """A directory that every nginx serves, a large file in it, and the file's SHA-256."""
    with open_scratch() as scratch:
        yield scratch.path, scratch.large_file("big", MEGABYTES)


@pytest.fixture(scope="module", params=MODES, ids=str)
def site(request, content):
    """All servers on two backends; one lab for all tests of a mode."""
    mode = request.param
    site = Site(mode, open_lab(request, backends=2, **mode.lab()))
    site.web(content[0])
    site.dns()
    site.echo()
    site.iperf()
    site.start()
    return site


def kinds(modes):
    """What there is in some rows of the table."""
    families = {(mode.forward, mode.vip) for mode in modes if not mode.tunnel()}
    tunnels = {mode.forward for mode in modes if mode.tunnel()}
    inside = {(mode.vip, mode.backend) for mode in modes if mode.tunnel()}
    others = {(mode.arms, mode.mtu, mode.generic) for mode in modes}
    return families | tunnels | inside | others


def test_the_short_run_has_every_kind():
    assert kinds([mode for mode in MODES if not mode.long()]) == kinds(MODES)
    assert SHORT <= set(map(str, MODES))


def test_each_backend_answers(site):
    assert set(answers(site.client, site.host, 60)) == {"b1", "b2"}


def test_download(site, content):
    done = site.client.run("sh", "-c", f"curl -sS -g -m 60 {site.url('files/big')} | sha256sum")
    assert done.stdout.split()[0] == content[1]


def test_upload(site, content):
    root, digest = content
    curl(site.client, site.url("files/up"), "-g", "-f", "-T", f"{root}/big", timeout=60)
    assert sha256(f"{root}/up") == digest
    os.unlink(f"{root}/up")


@pytest.mark.parametrize("options, least", [([], 500), (["-H", "Connection: close"], 250)],
                         ids=["keep-alive", "a connection for each"])
def test_wrk(site, options, least):
    done = site.client.run("wrk", "-t1", "-c20", "-d1s", *options, site.url())
    assert "Socket errors" not in done.stdout and "Non-2xx" not in done.stdout
    assert int(re.search(r"(\d+) requests in", done.stdout).group(1)) > least


@pytest.mark.parametrize("direction", [[], ["-R"]], ids=["up", "down"])
def test_iperf3_udp(site, direction):
    done = site.client.run("iperf3", "-c", site.vip, "-p", str(IPERF), "-k", "600", "-J", "-u",
                           "-b", "10M", "-l", "1400", *direction)
    end = json.loads(done.stdout)["end"]["sum"]
    assert end["packets"] >= 600
    assert end["lost_percent"] < 1


# dnsmasq ends a TCP connection after a hundred queries.
@pytest.mark.parametrize("protocol, count", [("udp", 5000), ("tcp", 500)], ids=["udp", "tcp"])
def test_dns(site, protocol, count):
    queries = f"{site.lab.dir}/queries"
    with open(queries, "w", encoding="ascii") as file:
        file.write("lab.test A\n")
    done = site.client.run("dnsperf", "-s", site.vip, "-p", str(DNS), "-m", protocol, "-d", queries,
                           "-c", "10", "-q", "20", "-n", str(count))
    completed, share = re.search(r"Queries completed:\s+(\d+) \(([\d.]+)%\)", done.stdout).groups()
    assert (int(completed), float(share)) == (count, 100)


@pytest.mark.parametrize("size", [56, 1400])
def test_ping(site, size):
    done = site.client.run("ping", "-c", "5", "-i", "0.02", "-W", "1", "-s", str(size), site.vip)
    assert " 5 received" in done.stdout


@pytest.mark.parametrize("how", [["-T", "-p", str(WEB)], ["-U", "-p", str(ECHO)]],
                         ids=["tcp", "udp"])
def test_traceroute(site, how):
    """Where the director counts as a hop, it is one with the VIP's address."""
    assert hops(site.client, site.vip, *how) == [site.vip] * (2 if site.mode.translates() else 1)


def test_traceroute_by_echo(site):
    assert hops(site.client, site.vip, "-I") == [site.vip]


def test_mtr(site):
    done = site.client.run("mtr", "-n", "-c", "2", "-i", "0.1", "-G", "0.5", "-j", site.vip)
    hub, = json.loads(done.stdout)["report"]["hubs"]
    assert (hub["host"], hub["Loss%"]) == (site.vip, 0)


@pytest.mark.parametrize("size", [1, 1000])
def test_udp_echo(site, size):
    done = site.client.run("/usr/bin/python3", f"{NET}/echo.py", site.vip, str(ECHO), "20",
                           str(size))
    assert done.stdout.split() == ["20", "20"]


def test_udp_fragments(site):
    """4000 bytes, which are three packets. In a tunnel the first datagram may show what fits."""
    done = site.client.run("/usr/bin/python3", f"{NET}/echo.py", site.vip, str(ECHO), "20", "4000")
    came_back, sent = map(int, done.stdout.split())
    assert came_back == 20
    assert sent <= (22 if site.mode.tunnel() else 20)


def test_the_director_itself_reaches_the_backends(site):
    """What it asks for is no reply to a client, and nothing of it is rewritten."""
    for name, host in zip(("b1", "b2"), site.hosts):
        assert curl(site.lab.director, f"http://{host}/", "-g").stdout.strip() == name


def test_nothing_was_dropped(site):
    """By all that the tests before this one did, but for what a wire loses that is full, and for
    later fragments that do not fit into a tunnel: the first one's answer has told the client."""
    full = {"tx_lost", "egress_lost"}
    assert set(site.drops()) <= full | ({"too_big"} if site.mode.tunnel() else set())
