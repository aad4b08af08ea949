# SPDX-License-Identifier: GPL-2.0-or-later
"""test_changes.py - wishes that change: what they share, what they leave behind, what cannot be."""
import os

import pytest

from lab import BACKENDS, DIRECTOR, DR_VIP, NAT_VIP, wait_until
from shuntd import config, service
from traffic import Capture, Held, answers

B1 = f"{BACKENDS[0]}:80"
NO_CHECK = "kind = none"
OTHER_VIP = "192.0.2.30"


def alarms(shuntd):
    return [alarm["text"] for alarm in shuntd.json("status")["alarms"]]


def managed(lab):
    done = lab.director.run("ip", "-d", "neigh", "show", "dev", "eth0")
    return {line.split()[0] for line in done.stdout.splitlines() if "managed" in line}


def test_a_backend_of_two_services_is_kept_for_the_other(lab, servers, shuntd):
    shuntd.shunt("backend", "remove", "web-nat", BACKENDS[0])
    wait_until(lambda: shuntd.get("/v1/stats")["services"][1]["backends"][2:] == [], what="b1 gone")
    shuntd.shunt("service", "remove", "web-nat")
    assert managed(lab) >= set(BACKENDS)
    mac = "02:00:00:00:aa:01"
    lab.director.ip(f"neigh replace {BACKENDS[0]} lladdr {mac} dev eth0 nud permanent\n")
    wait_until(lambda: shuntd.backends("web-dr")[B1]["status"]["next_hop"]["mac"] == mac, 2,
               "the new MAC in the director")


def test_a_new_service_with_no_server_raises_an_alarm(lab, start):
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS))
    wait_until(lambda: set(shuntd.states("web").values()) == {"down"}, what="all down")
    assert any("no backend is up" in text for text in alarms(shuntd)), alarms(shuntd)


def test_new_services_with_servers_raise_no_alarm(lab, servers, start):
    """Their tables are built while the first verdicts come: one that is out of date tells nothing."""
    shuntd = start("")
    path = f"{lab.dir}/many.conf"
    names = [f"web{i}" for i in range(40)]
    with open(path, "w", encoding="ascii") as file:
        file.write(config("".join(service(name, f"tcp:192.0.2.{100 + i}:80", "dr", BACKENDS)
                                  for i, name in enumerate(names))))
    shuntd.shunt("apply", path)
    shuntd.wait_up(*names)
    assert not [e for e in shuntd.events() if "no backend is up" in e["text"]]


def test_the_vip_of_a_nat_service_changes_while_nobody_watches(lab, servers, start):
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS, NO_CHECK), {"web": 3})
    shuntd.stop()
    shuntd.write_config(config(service("web", f"tcp:{OTHER_VIP}:80", "nat", BACKENDS, NO_CHECK)))
    shuntd.start()
    shuntd.wait_up("web", timeout=3)
    assert answers(lab.client, OTHER_VIP, 10).total() == 10


def test_alarms_of_an_interface_go_with_it(lab, servers, start):
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS), {"web": 3})
    lab.director.ip("link add tmp0 type veth peer name tmp1\nlink set tmp0 up\nlink set tmp1 up\n")
    lab.director.sysctl(net__ipv4__conf__tmp0__forwarding=0)
    shuntd.shunt("attach", "tmp0")
    assert any("tmp0" in text for text in alarms(shuntd)), alarms(shuntd)
    lab.director.ip("link del tmp0\n")
    wait_until(lambda: [text for text in alarms(shuntd) if "tmp0" in text] ==
               ["tmp0: not attached: no interface 'tmp0'"], what="that alarm alone")
    shuntd.shunt("detach", "tmp0")
    assert alarms(shuntd) == []


def test_an_interface_that_comes_and_goes(lab, start):
    shuntd = start("")
    shuntd.shunt("detach", "eth0")
    add = "link add tmp0 index {} type veth peer name tmp1\nlink set tmp0 up\nlink set tmp1 up\n"
    lab.director.ip(add.format(100))
    shuntd.shunt("attach", "tmp0")

    def mode():
        return [i["mode"] for i in shuntd.json("status")["interfaces"]]

    for i in range(70):
        lab.director.ip("link del tmp0\n" + add.format(200 + i // 2))  # every number twice
        wait_until(lambda: mode() == ["native"] and lab.director.link("tmp0").get("xdp"), 2,
                   f"attached again, time {i + 1}")


@pytest.mark.parametrize("what", ["room", "table_size"])
def test_a_start_that_fails_leaves_forwarding_as_it_was(lab, servers, start, what):
    settings = "backends_max = 1024"
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS), {"web": 3},
                   settings=settings)
    shuntd.stop()
    new = service("new", f"tcp:{OTHER_VIP}:80", "nat", [f"{BACKENDS[0]}:81"])
    many = [f"10.70.{i // 250}.{i % 250 + 1}" for i in range(600)]
    web = {"room": service("web", f"tcp:{NAT_VIP}:80", "nat", many),
           "table_size": service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS,
                                 keys="table_size = 4099")}
    shuntd.write_config(config(new + web[what], settings=settings))
    refused = shuntd.refuse()
    assert refused.returncode == 1 and len(refused.stderr.strip().splitlines()) == 1
    assert {"room": "backends_max is 1024", "table_size": "4099"}[what] in refused.stderr
    assert answers(lab.client, NAT_VIP, 10).total() == 10
    # and the new service is no drop
    shuntd.write_config(config(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS),
                               settings=settings))
    shuntd.start()
    assert "no longer wanted" not in str(shuntd.events())


def test_an_interface_of_somebody_elses_program(lab, servers, start):
    """A start and an apply that name it change nothing else either."""
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS), {"web": 3})
    lab.director.ip("link add tmp0 type veth peer name tmp1\nlink set tmp0 up\n")
    lab.attach_program(lab.director, "tmp0")
    other = config(service("new", f"tcp:{OTHER_VIP}:80", "dr", BACKENDS),
                   interfaces=("eth0", "tmp0"))
    path = f"{shuntd.home}/new.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(other)
    for options in ((), ("--dry-run",)):
        refused = shuntd.shunt("apply", *options, path, check=False)
        assert refused.returncode == 1 and "tmp0: another XDP program" in refused.stderr
    shuntd.stop()
    shuntd.write_config(other)
    refused = shuntd.refuse()
    assert refused.returncode == 1 and "tmp0: another XDP program" in refused.stderr
    assert answers(lab.client, NAT_VIP, 10).total() == 10


def test_a_table_size_that_cannot_change_is_told_before_anything_is_done(lab, start):
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS))
    path = f"{shuntd.home}/new.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(config(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS,
                                  keys="table_size = 4099")))
    for options in ((), ("--dry-run",)):
        refused = shuntd.shunt("apply", *options, path, check=False)
        assert refused.returncode == 1 and "table_size" in refused.stderr


def test_a_check_that_goes_takes_its_verdict_with_it(lab, servers, start):
    good, bad = 'check "good" { kind = tcp  INTERVAL }', 'check "bad" { kind = tcp  port = 9  INTERVAL }'

    def checked(*checks):
        keys = "\n\t".join(checks).replace("INTERVAL", "interval = 60s  timeout = 100ms  fall = 1")
        return service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS[:1], check="", keys=keys)

    def reload(*checks):
        seen = shuntd.events()[-1]["seq"]
        shuntd.write_config(config(checked(*checks)))
        shuntd.shunt("reload")
        return [event["text"] for event in shuntd.events() if event["seq"] > seen]

    def wait(state):
        wait_until(lambda: shuntd.states("web")[B1] == state, what=f"b1 {state}")

    shuntd = start(checked(good, bad))
    wait("down")
    reload(good)
    wait("up")
    reload(good, bad)
    wait("down")
    assert not [text for text in reload(bad) if "-> up" in text]
    assert shuntd.states("web")[B1] == "down"


def test_a_renamed_service_stays_what_it_is(lab, servers, shuntd):
    shuntd.shunt("backend", "drain", "web-dr", BACKENDS[0])
    before = shuntd.backends("web-dr")
    with open(shuntd.config_path, encoding="utf-8") as file:
        shuntd.write_config(file.read().replace('"web-dr"', '"web"'))
    shuntd.shunt("reload")
    assert shuntd.states("web")[B1] == "draining"
    assert {b["status"]["since"] for b in shuntd.backends("web").values()} == {
        b["status"]["since"] for b in before.values()}


def test_a_drain_that_was_saved_ends_with_the_file(lab, servers, shuntd):
    with open(shuntd.config_path, encoding="utf-8") as file:
        text = file.read()
    shuntd.shunt("backend", "drain", "web-dr", BACKENDS[0])
    shuntd.shunt("save")
    assert shuntd.states("web-dr")[B1] == "draining"
    shuntd.write_config(text)
    shuntd.shunt("reload")
    assert shuntd.states("web-dr")[B1] == "up"


def test_a_refused_apply_leaves_everything_as_it_was(lab, servers, start):
    settings = "backends_max = 1024"
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS), {"web": 3},
                   settings=settings)
    before, seen = shuntd.json("list"), shuntd.events()[-1]["seq"]
    many = [f"10.70.{i // 250}.{i % 250 + 1}" for i in range(600)]
    path = f"{shuntd.home}/large.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(config(service("new", f"tcp:{OTHER_VIP}:80", "nat", [f"{BACKENDS[0]}:81"]) +
                          service("web", f"tcp:{NAT_VIP}:80", "dr", BACKENDS[:1]) +
                          service("large", f"tcp:{DR_VIP}:80", "dr", many), settings=settings))
    refused = shuntd.shunt("apply", path, check=False)
    assert refused.returncode == 1 and "service 'large': backend 10.70." in refused.stderr
    after = shuntd.json("list")
    for listing in (before, after):
        for backend in listing["services"][0]["backends"]:
            del backend["status"]["check"]
    assert after == before
    assert [e for e in shuntd.events() if e["seq"] > seen] == []
    wait_until(lambda: shuntd.json("status")["memory"]["backends_used"] == 16, what="room again")


def test_no_alarm_for_a_service_without_backends(lab, servers, start):
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", BACKENDS[:1]), {"web": 1})
    shuntd.shunt("service", "set", "web", "--description", "x")
    shuntd.shunt("backend", "remove", "web", BACKENDS[0])
    wait_until(lambda: shuntd.get("/v1/stats")["services"][0]["backends"] == [], what="b1 gone")
    assert alarms(shuntd) == []


def test_two_services_exchange_their_ways_to_forward(lab, servers, shuntd):
    for first, second in (("nat", "dr"), ("dr", "nat")):
        shuntd.write_config(config(service("web-dr", f"tcp:{DR_VIP}:80", first, BACKENDS) +
                                   service("web-nat", f"tcp:{NAT_VIP}:80", second, BACKENDS)))
        shuntd.shunt("reload")
        shuntd.wait_up("web-dr", "web-nat", timeout=3)
        vip = DR_VIP if first == "nat" else NAT_VIP
        assert set(answers(lab.client, vip, 40)) == {"b1", "b2", "b3"}


def test_nothing_is_kept_beside_when_nothing_was_changed_by_command(lab, start):
    web = service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS)

    def edit(text):
        shuntd.stop()
        shuntd.write_config(config(web) + text)
        shuntd.start()
        return [name for name in os.listdir(shuntd.state_dir) if "overridden" in name]

    shuntd = start(web)
    assert edit("# one\n") == []
    shuntd.stop()
    shuntd.start()  # by the state
    assert edit("# two\n") == []
    shuntd.shunt("backend", "drain", "web", BACKENDS[0])
    shuntd.shunt("reload")
    assert len(edit("# three\n")) == 1


def test_a_backend_with_a_forward_mode_of_its_own(lab, servers, start):
    lab.nginx(lab.backends[1], port=8080)
    own = [BACKENDS[0], (f"{BACKENDS[1]}:8080", "forward = nat"), (BACKENDS[2], "forward = nat")]
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", "dr", own, NO_CHECK), {"web": 3})

    def modes():
        return {row.split()[1]: row.split()[2] for row in shuntd.shunt("list").stdout.splitlines()
                if "->" in row and row.split()[1] != "BACKEND"}

    def replies():
        found = shuntd.backends("web")
        return [found[at]["status"]["counters"]["reply_packets"] for at in sorted(found)]

    assert set(answers(lab.client, DR_VIP, 60)) == {"b1", "b2", "b3"}
    assert modes() == {B1: "dr", f"{BACKENDS[1]}:8080": "nat", f"{BACKENDS[2]}:80": "nat"}
    before = replies()
    shuntd.shunt("backend", "set", "web", BACKENDS[2], "--forward", "service")
    shuntd.shunt("backend", "set", "web", BACKENDS[0], "--forward", "nat")
    assert modes() == {B1: "nat", f"{BACKENDS[1]}:8080": "nat", f"{BACKENDS[2]}:80": "dr"}
    assert set(answers(lab.client, DR_VIP, 60)) == {"b1", "b2", "b3"}
    assert [now > then for now, then in zip(replies(), before)] == [True, True, False]


def test_connections_outlive_another_forward_mode(lab, servers, start):
    """Of those that leave the packet to itself: the backend is the same, however it gets there."""
    for host in lab.backends:
        host.realserver("enable", DR_VIP, "--forward", "gue", "--director", DIRECTOR)
    shuntd = start(service("web", f"tcp:{DR_VIP}:80", "dr", BACKENDS, NO_CHECK), {"web": 3})
    held = Held(lab.client, DR_VIP, 30)
    before = held.ask()
    assert set(before) == {"b1", "b2", "b3"}
    for mode, seen in (("gue", {17}), ("ipip", {4}), ("dr", set())):
        shuntd.shunt("service", "set", "web", "--forward", mode)
        with Capture(lab.switch, "b1", "udp", "port", "6080", "or", "ip", "proto", "4",
                     name=f"b1-{mode}") as capture:
            assert held.ask() == before
            wait_until(lambda: not seen or capture.size() > 1000, what="tcpdump to have seen it")
        assert {packet["IP"].proto for packet in capture.packets()} == seen
        assert {b["status"]["effective_forward"] for b in shuntd.backends("web").values()} == {mode}
