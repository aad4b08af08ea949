# SPDX-License-Identifier: GPL-2.0-or-later
"""test_pmtu.py - large content through paths that carry less than the ends believe, by every mode:
somebody has to say so, and whoever sends has to hear it."""
import os
import re

import pytest

from conftest import open_lab, open_scratch, sha256
from lab import FAR_CLIENT, FAR_CLIENT6
from modes import MODES, ONE_ARM, Site
from traffic import curl

MEGABYTES = 20
NARROW = 1400
FAR = [mode for mode in MODES
       if mode in ONE_ARM or mode.arms == 2 and not mode.tunnel()]


@pytest.fixture(scope="module")
def content():
    """A directory that every nginx serves, a file in it, and the file's SHA-256."""
    with open_scratch() as scratch:
        yield scratch.path, scratch.large_file("big", MEGABYTES)


@pytest.fixture(scope="module", params=FAR, ids=str)
def far(request, content):
    """The client lives behind a path of 1400 bytes, of which it does not know."""
    mode = request.param
    site = Site(mode, open_lab(request, backends=2, client_mtu=NARROW, **mode.lab()))
    site.web(content[0])
    site.start()
    return site


@pytest.fixture(scope="module", params=[mode for mode in ONE_ARM if mode.forward != "dr"],
                ids=str)
def gated(request, content):
    """The backends live behind a router that has a link of 1400 bytes to them."""
    site = Site(request.param, open_lab(request, backends=2, backend_mtu=NARROW))
    site.web(content[0])
    site.start()
    return site


@pytest.fixture(scope="module", params=[mode for mode in ONE_ARM if mode.tunnel()], ids=str)
def tunnel(request, content):
    """Every link carries 1500 bytes, which the tunnel's header leaves less of."""
    site = Site(request.param, open_lab(request, backends=2))
    site.web(content[0])
    site.start()
    return site


def forget_paths(site):
    """Whoever knows a path's MTU announces an MSS that fits, and nobody has to learn anything."""
    for host in (site.client, *site.lab.backends):
        host.run("ip", "route", "flush", "cache")
        for table in ("main", "100"):  # the latter for what leaves from a VIP
            host.run("ip", "-6", "route", "flush", "cache", "table", table, check=False)


def path_mtu(site):
    """What the client knows of its path to the VIP; 0 = nothing."""
    done = site.client.run("ip", "route", "get", site.vip)
    return int((re.search(r"\bmtu (\d+)", done.stdout) or [0, 0])[1])


def ports(first, count=6):
    """Some of them lead to each backend."""
    return [["--local-port", str(port)] for port in range(first, first + count)]


def check_downloads(site, content, first):
    root, digest = content
    forget_paths(site)
    for port in ports(first):
        curl(site.client, site.url("files/big"), "-g", *port, "-o", f"{root}/down", timeout=20)
        assert sha256(f"{root}/down") == digest


def check_uploads(site, content, first):
    root, digest = content
    forget_paths(site)
    for port in ports(first):
        curl(site.client, site.url("files/up"), "-g", "-f", *port, "-T", f"{root}/big", timeout=20)
        assert sha256(f"{root}/up") == digest
        os.unlink(f"{root}/up")


def test_downloads(far, content):
    """A router before the client tells the VIP what does not fit: the backend that sent it must
    hear that, or its download stands still."""
    check_downloads(far, content, 30000)
    source = [] if far.mode.translates() else ["from", far.vip]
    client = FAR_CLIENT6 if far.mode.vip == 6 else FAR_CLIENT
    if far.mode.forward != "fullnat":  # it hides the client
        for host in far.lab.backends:  # each had a part of the downloads
            assert f"mtu {NARROW}" in host.run("ip", "route", "get", client, *source).stdout


def test_uploads(far, content):
    check_uploads(far, content, 31000)
    assert path_mtu(far) == NARROW


def test_uploads_by_a_tunnel(tunnel, content):
    check_uploads(tunnel, content, 34000)
    assert path_mtu(tunnel) == 1500 - tunnel.mode.overhead()


def test_downloads_from_behind_a_gate(gated, content):
    check_downloads(gated, content, 32000)


def test_uploads_to_behind_a_gate(gated, content):
    """The gate speaks of a packet that the client did not send like that, and the client is to learn
    how long its own may be."""
    check_uploads(gated, content, 33000)
    assert path_mtu(gated) == NARROW - gated.mode.overhead()
