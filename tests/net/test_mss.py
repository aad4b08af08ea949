# SPDX-License-Identifier: GPL-2.0-or-later
"""test_mss.py - mss = N: segments of a service are no longer than that, where its SYNs pass."""
import pytest

from lab import wait_until
from modes import ONE_ARM, Site
from traffic import Capture, curl

MSS = 1000


def segments(capture):
    """How much each of them carries, TCP's options beside its header included."""
    return [p.wirelen - 14 - (40 if p.haslayer("IPv6") else 20) - 20 for p in capture.packets()]


@pytest.mark.parametrize("mode", ONE_ARM, ids=str)
def test_segments(make_lab, scratch, mode):
    scratch.large_file("big", 1)
    site = Site(mode, make_lab(backends=1))
    site.web(scratch.path, keys=f"mss = {MSS}")
    site.start()
    with Capture(site.client, "eth0", "src", site.vip, headers=True) as down, \
            Capture(site.lab.switch, "director0", "dst", site.vip, headers=True) as up:
        curl(site.client, site.url("files/big"), "-g", "-o", f"{scratch.path}/down")
        curl(site.client, site.url("files/up"), "-g", "-f", "-T", f"{scratch.path}/big")
        for way in (down, up):
            wait_until(lambda way=way: sum(segments(way)) > 2**19, what="content in the capture")
    assert MSS - 40 <= max(segments(down)) <= MSS
    if mode.translates():  # the SYN-ACK passes too
        assert MSS - 40 <= max(segments(up)) <= MSS
