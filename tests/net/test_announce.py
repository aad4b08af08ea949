# SPDX-License-Identifier: GPL-2.0-or-later
"""test_announce.py - announce = auto: take a VIP that nobody has, leave one that somebody has, and
never let the director's own stack answer a client of the VIP."""
import pytest

from lab import (BACKENDS, BACKENDS6, DIRECTOR, DIRECTOR_CLIENT_SIDE, Host, family, listens, run,
                 wait_until, whole)
from shuntd import Shuntd, config, service
from traffic import Capture, Load, answers

VIP, VIP6 = "10.78.0.50", "2001:db8:78::50"  # in the subnets of the director's eth0
OFF_SUBNET, OFF_SUBNET6 = "192.0.2.10", "2001:db8:2::10"
DIRECTOR_MAC = "02:00:00:00:00:01"
AUTO = {"settings": "announce = auto"}


@pytest.fixture(params=[VIP, VIP6], ids=["4", "6"])
def vip(request):
    return request.param


def url_host(address):
    return f"[{address}]" if family(address) == 6 else address


def web(forward, vip=VIP):
    backends = BACKENDS6 if family(vip) == 6 else BACKENDS
    return service("web", f"tcp:{url_host(vip)}:80", forward, backends)


def addresses(lab, device):
    done = run("ip", "-n", lab.director.netns, "-o", "addr", "show", "dev", device)
    return [line.split()[3] for line in done.stdout.splitlines()]


def announced(shuntd):
    return shuntd.get("/v1/services/web")["status"]["announce"]


@pytest.fixture
def vip_on_backends(lab, servers):
    for host in lab.backends:
        host.add_vip(VIP)
        host.add_vip(VIP6)


@pytest.fixture
def other(lab):
    """A host on the bridge that has the VIP already."""
    host = Host(lab, "other")
    run("ip", "netns", "add", host.netns)
    host.ip("link set lo up\n")
    lab.plug(host, "other", mac="02:00:00:00:00:99")
    host.ip(f"addr add {VIP}/24 dev eth0\naddr add {VIP6}/64 dev eth0 nodad\n")
    wait_until(lambda: host.link()["operstate"] == "UP", what="carrier")
    return host


def said(capture, vip):
    """What was said of the VIP: "probe" or "claim", in order."""
    words = []
    for packet in capture.packets():
        if "ARP" in packet and packet["ARP"].pdst == vip:
            words.append("claim" if packet["ARP"].psrc == vip else "probe")
        elif "ICMPv6ND_NS" in packet and packet["ICMPv6ND_NS"].tgt == vip:
            assert packet["IPv6"].src == "::"
            words.append("probe")
        elif "ICMPv6ND_NA" in packet and packet["ICMPv6ND_NA"].tgt == vip:
            advert = packet["ICMPv6ND_NA"]
            assert (packet["IPv6"].dst, advert.S, advert.O) == ("ff02::1", 0, 1)
            words.append("claim")
    return words


def test_probe_claim_announce(lab, vip_on_backends, start, vip):
    asked = ["arp", "or", "icmp6[0]", "=", "135", "or", "icmp6[0]", "=", "136"]
    with Capture(lab.switch, "director0", "ether", "src", DIRECTOR_MAC, "and", "(", *asked,
                 ")") as capture:
        shuntd = start(web("dr", vip), {"web": 3}, **AUTO)
        wait_until(lambda: announced(shuntd) == "held", what="the VIP to be held")
        wait_until(lambda: said(capture, vip).count("claim") >= 2, what="announcements")
    words = said(capture, vip)
    assert words[:4] == ["probe"] * 3 + ["claim"] and set(words[4:]) == {"claim"}
    assert whole(vip) in addresses(lab, "eth0")
    assert answers(lab.client, url_host(vip), 20).total() == 20


def test_withdrawn_with_its_service(lab, vip_on_backends, start):
    shuntd = start(web("dr"), {"web": 3}, **AUTO)
    wait_until(lambda: f"{VIP}/32" in addresses(lab, "eth0"), what="the VIP on eth0")
    shuntd.shunt("service", "remove", "web")
    wait_until(lambda: f"{VIP}/32" not in addresses(lab, "eth0"), what="the VIP to be gone")
    assert f"{DIRECTOR_CLIENT_SIDE}/24" in addresses(lab, "eth0")


@pytest.mark.parametrize("vip", [OFF_SUBNET, OFF_SUBNET6], ids=["4", "6"])
def test_another_vip_goes_to_lo(lab, servers, start, vip):
    shuntd = start(web("dr", vip), {"web": 3}, **AUTO)
    wait_until(lambda: whole(vip) in addresses(lab, "lo"), what="the VIP on lo")
    assert answers(lab.client, url_host(vip), 20).total() == 20
    shuntd.stop()
    shuntd.stop_forwarding()
    assert whole(vip) not in addresses(lab, "lo")


def test_what_was_there_before_is_left_alone(lab, vip_on_backends, start):
    lab.director.ip(f"addr add {VIP}/32 dev eth0\n")
    shuntd = start(web("dr"), {"web": 3}, **AUTO)
    shuntd.shunt("service", "remove", "web")
    shuntd.stop()
    shuntd.stop_forwarding()
    assert f"{VIP}/32" in addresses(lab, "eth0")
    assert f"{DIRECTOR}/24" in addresses(lab, "eth0")


def test_somebody_else_has_it(lab, vip_on_backends, other, start, vip):
    shuntd = start(web("dr", vip), {"web": 3}, **AUTO)
    wait_until(lambda: announced(shuntd) == "conflict", what="a conflict")
    alarms = shuntd.json("status")["alarms"]
    assert len(alarms) == 1 and vip in alarms[0]["text"] and "02:00:00:00:00:99" in alarms[0]["text"]
    assert [e for e in shuntd.events() if e["level"] == "alarm" and vip in e["text"]]
    assert whole(vip) not in addresses(lab, "eth0") + addresses(lab, "lo")
    # the other one is still the one that answers
    lab.client.ip("neigh flush dev eth0\n")
    listener = f"TCP{family(vip)}-LISTEN:7000,fork,reuseaddr"
    other.spawn("echo", "socat", listener, "EXEC:cat")
    wait_until(lambda: listens(other, 7000), what="an echo")
    assert lab.client.run("socat", "-t1", "-", f"TCP:{url_host(vip)}:7000", stdin="hi\n").stdout == "hi\n"


@pytest.mark.long  # it looks again after half a minute
def test_taken_when_the_other_lets_go(lab, vip_on_backends, other, start):
    shuntd = start(web("dr"), {"web": 3}, **AUTO)
    wait_until(lambda: announced(shuntd) == "conflict", what="a conflict")
    other.ip("link set eth0 down\n")
    wait_until(lambda: announced(shuntd) == "held", 45, "the VIP to be held")
    assert shuntd.json("status")["alarms"] == []


@pytest.mark.parametrize("forward", ["dr", "nat"])
def test_no_reset_to_a_client(lab, vip_on_backends, start, forward):
    """Start, stop, start, --stop-forwarding and start again under load: the director sends no RST.
    A client may wait or be told that the host is unreachable; its connection is not refused.
    (While backends come up one after the other, one of them may be asked about a connection that
    began at another, and says so: in nat such an RST passes the director, but begins at a backend.)
    """
    shuntd = Shuntd(lab, config(web(forward), **AUTO))
    resets = ["tcp[tcpflags]", "&", "tcp-rst", "!=", "0"]
    with Capture(lab.switch, "director0", *resets) as capture, \
            Load(lab.client, VIP, rate=100, timeout=1) as load:
        shuntd.start()
        shuntd.wait_up("web")
        served(load)
        shuntd.stop()
        load.wait_for(30)
        shuntd.start()
        load.wait_for(30)
        assert load.results()[-1]["answer"]
        shuntd.stop()
        shuntd.stop_forwarding()
        load.wait_for(50)
        assert load.results()[-1]["answer"] is None
        shuntd.start()
        served(load)
        load.stop()
    packets = [p for p in capture.packets() if p["TCP"].sport == 80]
    began_at_a_backend = {(p["TCP"].dport, p["TCP"].seq) for p in packets if p.src != DIRECTOR_MAC}
    assert not [p for p in packets if p.src == DIRECTOR_MAC and
                (p["TCP"].dport, p["TCP"].seq) not in began_at_a_backend]


def served(load):
    """Wait until requests are answered again, and then for some more of them."""
    count = len([r for r in load.results() if r["answer"]])
    wait_until(lambda: len([r for r in load.results() if r["answer"]]) > count + 30, 15,
               "requests to be answered")


def test_an_adopted_address_is_not_probed_again(lab, vip_on_backends, start, vip):
    """A restart must not take the VIP off the link: that would be an outage."""
    shuntd = start(web("dr", vip), {"web": 3}, **AUTO)
    wait_until(lambda: announced(shuntd) == "held", what="the VIP to be held")
    shuntd.kill()
    assert whole(vip) in addresses(lab, "eth0")
    shuntd.start()
    assert announced(shuntd) == "held"
    shuntd.shunt("service", "remove", "web")
    wait_until(lambda: whole(vip) not in addresses(lab, "eth0"), what="the VIP to be gone")
