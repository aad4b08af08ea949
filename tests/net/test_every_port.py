# SPDX-License-Identifier: GPL-2.0-or-later
"""test_every_port.py - services on port *: every port that no other service of the VIP has."""
import pytest

from modes import ECHO, ONE_ARM, WEB, Site
from traffic import NET, answers, curl

OTHERS = (8080, 9000)


@pytest.mark.parametrize("mode", ONE_ARM, ids=str)
def test_every_port(make_lab, mode):
    site = Site(mode, make_lab(backends=2))
    first, second = site.backends
    for host in site.lab.backends:
        site.lab.nginx(host, WEB, also=OTHERS)
    site.serve("web", "tcp", WEB, [first])
    site.serve("rest", "tcp", "*", [second], check="kind = none")
    site.echo("*")
    site.start()
    assert answers(site.client, site.host, 20) == {"b1": 20}
    for port in OTHERS:
        assert answers(site.client, site.host, 20, port) == {"b2": 20}
    refused = curl(site.client, f"http://{site.host}:9999/", "-g", check=False)
    assert refused.returncode == 7  # and not that of a time-out: the backend says so
    done = site.client.run("/usr/bin/python3", f"{NET}/echo.py", site.vip, str(ECHO), "20", "100")
    assert done.stdout.split() == ["20", "20"]
    assert not site.drops()
