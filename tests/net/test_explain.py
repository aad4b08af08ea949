# SPDX-License-Identifier: GPL-2.0-or-later
"""test_explain.py - shunt explain: it says where real packets go, why others do not, and changes
nothing."""
import json

import pytest

from lab import BACKENDS, CLIENT, DR_VIP, NAT_VIP, wait_until

NAMES = {f"{address}:80": f"b{number + 1}" for number, address in enumerate(BACKENDS)}


def explain(shuntd, to, *options, port=40000, client=CLIENT):
    return shuntd.json("explain", to, "--from", f"{client}:{port}", *options)


def counted(shuntd):
    """All that is counted, and the slots."""
    return [shuntd.json("stats")["services"], shuntd.json("drops"),
            shuntd.get("/v1/services/web-dr/slots")]


@pytest.mark.parametrize("vip, first", [(DR_VIP, 40000), (NAT_VIP, 40100)], ids=["dr", "nat"])
def test_packets_go_where_it_says(onlooker, vip, first):
    """Whichever backend is named for a client's port, answers that client."""
    client, seen = onlooker.lab.client, set()
    for port in range(first, first + 12):
        said = explain(onlooker, f"tcp:{vip}:80", "--syn", port=port)
        assert said["verdict"] == "forward" and said["reason"] is None
        answer = client.run("curl", "-sf", "--local-port", str(port), f"http://{vip}/").stdout
        assert NAMES[said["backend"]["address"]] == answer.strip()
        seen.add(answer)
    assert len(seen) > 1


def test_it_says_what_is_rewritten(onlooker):
    said = explain(onlooker, f"tcp:{NAT_VIP}:80")
    changes = {change["what"]: (change["from"], change["to"]) for change in said["rewrite"]}
    backend = said["backend"]["address"].rpartition(":")[0]
    number = BACKENDS.index(backend)
    assert changes["destination address"] == (NAT_VIP, backend)
    assert changes["destination MAC"] == ("02:00:00:00:00:01", f"02:00:00:00:00:{11 + number}")
    assert changes["time to live"] == ("64", "63")
    assert said["next_hop"] == {"interface": "eth0", "mac": f"02:00:00:00:00:{11 + number}"}
    text = onlooker.shunt("explain", f"tcp:{NAT_VIP}:80", "--from", f"{CLIENT}:40000").stdout
    assert f"destination address {NAT_VIP} -> {backend}\n" in text
    assert "service   web-nat" in text and text.endswith("verdict   forwarded\n")


def test_answer_of_a_nat_backend(lab, shuntd):
    """Asking does not have the client's neighbour resolved; a real answer does."""
    for _ in range(2):
        said = explain(shuntd, f"tcp:{CLIENT}:40000", port=80, client=BACKENDS[0])
        assert (said["verdict"], said["reason"]["name"]) == ("drop", "nat_no_neighbour")
    lab.client.run("curl", "-sf", f"http://{NAT_VIP}/")
    said = explain(shuntd, f"tcp:{CLIENT}:40000", port=80, client=BACKENDS[0])
    assert (said["service"]["name"], said["verdict"]) == ("web-nat", "forward")
    assert said["backend"]["address"] == f"{BACKENDS[0]}:80" and said["slot"] is None
    assert {"what": "source address", "from": BACKENDS[0], "to": NAT_VIP} in said["rewrite"]


def test_why_not(lab, shuntd):
    for backend in BACKENDS:
        shuntd.shunt("backend", "disable", "web-dr", backend)
    wait_until(lambda: explain(shuntd, f"tcp:{DR_VIP}:80")["verdict"] == "drop", what="no backend")
    said = explain(shuntd, f"tcp:{DR_VIP}:80")
    assert said["reason"]["name"] == "no_backend" and said["reason"]["help"]
    assert said["service"]["name"] == "web-dr" and said["slot"]["state"] == "empty"
    assert said["backend"] is None and said["next_hop"] is None

    nobody = explain(shuntd, f"tcp:{DR_VIP}:81")
    assert (nobody["verdict"], nobody["reason"]["name"]) == ("pass", "unmatched_pass")
    assert nobody["service"] is None
    not_ours = explain(shuntd, "udp:203.0.113.9:53")
    assert (not_ours["verdict"], not_ours["reason"]) == ("pass", None)
    six = explain(shuntd, "tcp:[2001:db8::10]:80", client="[2001:db8::7]")
    assert (six["verdict"], six["reason"]) == ("pass", None)


def test_it_changes_nothing(lab, shuntd):
    shuntd.shunt("service", "add", "empty", f"tcp:{DR_VIP}:99")
    wait_until(lambda: explain(shuntd, f"tcp:{DR_VIP}:99")["service"], what="the service")
    # checks go on meanwhile, but what they make is neither counted for a service nor dropped
    before = counted(shuntd)
    for port in range(40000, 40020):
        for to in (f"tcp:{DR_VIP}:80", f"tcp:{NAT_VIP}:80", f"tcp:{DR_VIP}:81", f"tcp:{DR_VIP}:99"):
            explain(shuntd, to, "--syn", port=port)
    assert counted(shuntd) == before


def test_after_a_restart(lab, shuntd):
    said = explain(shuntd, f"tcp:{DR_VIP}:80")
    shuntd.stop()
    shuntd.start()
    again = explain(shuntd, f"tcp:{DR_VIP}:80")
    assert again["slot"] == said["slot"] and again["next_hop"] == said["next_hop"]


@pytest.mark.parametrize("body, complaint", [
    ({"to": f"tcp:{DR_VIP}:80"}, "from"),
    ({"to": f"tcp:{DR_VIP}:*", "from": f"{CLIENT}:1"}, "one port"),
    ({"to": f"tcp:{DR_VIP}:80", "from": CLIENT}, "no port"),
    ({"to": f"tcp:{DR_VIP}:80", "from": "[fd00::1]:1"}, "one family"),
    ({"to": f"udp:{DR_VIP}:80", "from": f"{CLIENT}:1", "syn": True}, "SYN"),
    ({"to": f"tcp:{DR_VIP}:80", "from": f"{CLIENT}:1", "syn": "x"}, "true or false"),
    ({"to": f"tcp:{DR_VIP}:80", "from": f"{CLIENT}:1", "interface": "eth7"}, "eth7"),
    ({"to": f"tcp:{DR_VIP}:80", "from": f"{CLIENT}:1", "colour": 1}, "colour"),
])
def test_refused(onlooker, body, complaint):
    status, answer = onlooker.api("POST", "/v1/explain", json.dumps(body))
    assert status == 400 and complaint in answer["error"] and "\n" not in answer["error"]
