# SPDX-License-Identifier: GPL-2.0-or-later
"""test_realserver.py - `shunt realserver` on a backend: what it changes and restores, what it finds
wrong, and tunnel packets that a real server answers."""
import json
import os

import pytest

from conftest import open_lab
from lab import BACKENDS, BACKENDS6, DIRECTOR, DIRECTOR6, wait_until
from traffic import NET

VIP, VIP6 = "192.0.2.99", "2001:db8:2::99"
OTHER_VIP = "192.0.2.98"
SOME_CLIENT, SOME_CLIENT6 = "198.51.100.7", "2001:db8:51::7"  # nobody has them
BACKEND_MAC = "02:00:00:00:00:11"
ALL = "net.ipv4.conf.all"


@pytest.fixture(scope="module")
def lab(request):
    return open_lab(request, backends=1)


@pytest.fixture
def backend(lab):
    """A host that nobody has prepared yet."""
    host = lab.backends[0]
    host.sysctl(**{f"{ALL}.arp_ignore".replace(".", "__"): 0,
                   f"{ALL}.arp_announce".replace(".", "__"): 0})
    yield host
    for vip in (VIP, VIP6, OTHER_VIP):
        host.realserver("disable", vip)
    assert not pins(host)


def pins(host):
    path = f"{host.lab.dir}/bpf/decap-{host.name}"
    return os.path.exists(path)


def record(host):
    path = f"{host.lab.dir}/realserver-{host.name}/realserver.json"
    return os.path.exists(path)


def picture(host):
    """All of a host that realserver may change."""
    sysctls = host.run("sysctl", f"{ALL}.arp_ignore", f"{ALL}.arp_announce", f"{ALL}.rp_filter",
                       "net.ipv4.conf.eth0.rp_filter").stdout
    lo = json.loads(host.run("ip", "-j", "addr", "show", "lo").stdout)[0]["addr_info"]
    return sysctls, sorted(a["local"] for a in lo), "prog" in host.link("eth0").get("xdp", {})


def addresses(host):
    return picture(host)[1]


def findings(host, vip, *options):
    """{name: text} of what check finds, and its exit code."""
    done = host.realserver("check", vip, "-j", *options, check=False)
    answer = json.loads(done.stdout)
    assert answer["right"] == (done.returncode == 0)
    return {f["name"]: f["text"] for f in answer["findings"]}, done.returncode


# --- enable and disable ---

TUNNELS = [["--forward", forward, "--director", director]
           for forward in ("ipip", "gue") for director in (DIRECTOR, DIRECTOR6)]


@pytest.mark.parametrize("vip", [VIP, VIP6])
@pytest.mark.parametrize("options", [[], *TUNNELS], ids=" ".join)
def test_enable_and_disable(backend, vip, options):
    before = picture(backend)
    assert findings(backend, vip, *options)[1] == 1
    assert "on lo" in backend.realserver("enable", vip, *options).stdout
    assert findings(backend, vip) == findings(backend, vip, *options)
    assert findings(backend, vip)[1] == 0
    assert vip in addresses(backend)
    assert picture(backend)[2] == bool(options)
    enabled = picture(backend)
    assert "enabled already" in backend.realserver("enable", vip, *options).stdout
    assert picture(backend) == enabled
    backend.realserver("disable", vip)
    assert picture(backend) == before
    assert not pins(backend) and not record(backend)
    assert "nothing to undo" in backend.realserver("disable", vip).stdout


def test_settings_go_with_the_last_vip(backend):
    before = picture(backend)
    backend.realserver("enable", VIP)
    both = picture(backend)[0]
    backend.realserver("enable", OTHER_VIP, "--forward", "gue", "--director", DIRECTOR)
    backend.realserver("disable", VIP)
    assert picture(backend)[0] == both
    assert findings(backend, OTHER_VIP)[1] == 0
    backend.realserver("disable", OTHER_VIP)
    assert picture(backend) == before


def test_what_was_lost_is_put_back(backend):
    backend.realserver("enable", VIP, *TUNNEL)
    unpin(backend)
    backend.ip(f"addr del {VIP}/32 dev lo\n")
    said = backend.realserver("enable", VIP, *TUNNEL).stdout
    assert "eth0: decapsulating program, native mode" in said and f"{VIP}/32 on lo" in said
    assert findings(backend, VIP)[1] == 0


def test_too_many_interfaces(backend):
    """The seventeenth is refused, and what the others have stays."""
    pairs = range(8)
    backend.ip("".join(f"link add v{i} type veth peer name p{i}\nlink set v{i} up\n"
                       f"link set p{i} up\n" for i in pairs))
    *most, last = ["eth0", *(f"{end}{i}" for i in pairs for end in "vp")]
    vips = {device: f"192.0.2.{150 + number}" for number, device in enumerate(most)}
    for device, vip in vips.items():
        backend.realserver("enable", vip, *TUNNEL, "--dev", device)
    done = backend.realserver("enable", VIP, *TUNNEL, "--dev", last, check=False)
    codes = {findings(backend, vip)[1] for vip in vips.values()}
    for vip in vips.values():
        backend.realserver("disable", vip)
    assert done.returncode == 1 and "at most 16 interfaces" in done.stderr
    assert codes == {0} and VIP not in addresses(backend)
    backend.ip("".join(f"link del v{i}\n" for i in pairs))


def test_directors_are_those_of_all_vips(backend):
    backend.realserver("enable", VIP, "--forward", "ipip", "--director", DIRECTOR)
    backend.realserver("enable", OTHER_VIP, "--forward", "ipip", "--director", DIRECTOR,
                       "--director", "172.16.0.0/16", "--director", DIRECTOR6)
    assert findings(backend, VIP, "--director", "172.16.5.0/24", "--director", DIRECTOR6)[1] == 0
    backend.realserver("disable", OTHER_VIP)
    assert "director_missing" in findings(backend, VIP, "--director", "172.16.5.0/24")[0]
    assert findings(backend, VIP, "--director", DIRECTOR)[1] == 0


def test_from_tunnel_to_dr_and_back(backend):
    before = picture(backend)
    tunnel = ["--forward", "ipip", "--director", DIRECTOR]
    backend.realserver("enable", VIP, *tunnel)
    backend.realserver("enable", VIP)
    assert not picture(backend)[2] and VIP in addresses(backend)
    backend.realserver("enable", VIP, *tunnel)
    assert picture(backend)[2]
    backend.realserver("disable", VIP)
    assert picture(backend) == before


def test_what_was_there_before_stays(backend):
    backend.ip(f"addr add {VIP}/32 dev lo\n")
    backend.sysctl(**{f"{ALL}.arp_ignore".replace(".", "__"): 2})
    before = picture(backend)
    backend.realserver("enable", VIP)
    assert "arp_ignore = 2" in picture(backend)[0]
    backend.realserver("disable", VIP)
    assert picture(backend) == before
    backend.ip(f"addr del {VIP}/32 dev lo\n")


def test_what_others_changed_since_stays(backend):
    backend.realserver("enable", VIP)
    backend.sysctl(**{f"{ALL}.arp_ignore".replace(".", "__"): 8})
    backend.ip(f"addr del {VIP}/32 dev lo\n")
    said = backend.realserver("disable", VIP).stdout
    assert "arp_ignore: left at 8" in said
    assert "arp_ignore = 8" in picture(backend)[0] and "arp_announce = 0" in picture(backend)[0]


def test_strict_filter_becomes_loose(backend):
    backend.sysctl(net__ipv4__conf__all__rp_filter=1)
    before = picture(backend)
    backend.realserver("enable", VIP, "--forward", "ipip", "--director", DIRECTOR)
    assert "eth0.rp_filter = 2" in picture(backend)[0]
    backend.realserver("disable", VIP)
    assert picture(backend) == before
    backend.sysctl(net__ipv4__conf__all__rp_filter=0)


@pytest.mark.parametrize("options, said", [
    (["--forward", "nat"], "needs nothing on a backend"),
    (["--forward", "fullnat"], "needs nothing on a backend"),
    (["--forward", "ipip"], "expected --director"),
    (["--forward", "ipip", "--director", DIRECTOR, "--dev", "eth7"], "no interface 'eth7'"),
    (["--forward", "ipip", "--director", "10.77.0.1/24"], "bits are set beyond its length"),
    (["--director", DIRECTOR], "--director is for forward ipip and gue"),
], ids=str)
def test_refused(backend, options, said):
    before = picture(backend)
    done = backend.realserver("enable", VIP, *options, check=False)
    assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1
    assert picture(backend) == before and not record(backend)


@pytest.mark.parametrize("forward", ["nat", "fullnat"])
@pytest.mark.parametrize("options, said", [
    ([], "expected --director"),
    (["--director", "2001:db8:77::1"], "not a single address of the VIP's family"),
    (["--director", "10.77.0.0/24"], "not a single address of the VIP's family"),
], ids=["none", "family", "prefix"])
def test_check_wants_to_know_where_replies_go(backend, forward, options, said):
    done = backend.realserver("check", VIP, "--forward", forward, *options, check=False)
    assert done.returncode == 1 and said in done.stderr and done.stdout == ""


@pytest.mark.parametrize("vip", ["127.0.0.1", "224.0.0.9", "0.0.0.0", "::1", "fe80::1", "ff02::1"])
def test_cannot_be_a_vip(backend, vip):
    done = backend.realserver("enable", vip, check=False)
    assert done.returncode == 1 and f"VIP {vip} " in done.stderr and "expected" in done.stderr


def test_an_address_elsewhere_is_no_vip(backend):
    """The host's own must stay; a VIP that stands on an interface has to go from there first."""
    done = backend.realserver("enable", BACKENDS[0], check=False)
    assert done.returncode == 1 and "host's own address, on eth0; expected a VIP" in done.stderr
    assert BACKENDS[0] not in addresses(backend)
    backend.ip(f"addr add {VIP}/32 dev eth0\n")
    done = backend.realserver("enable", VIP, check=False)
    assert done.returncode == 1 and f"ip addr del {VIP}/32 dev eth0" in done.stderr
    backend.ip(f"addr del {VIP}/32 dev eth0\n")


def test_a_failed_step_undoes_the_others(backend):
    """Another program is where the decapsulating one shall go: nothing is changed, also not for a
    VIP that was enabled before."""
    backend.realserver("enable", OTHER_VIP)
    backend.lab.attach_program(backend, "eth0")
    before = picture(backend)
    done = backend.realserver("enable", VIP, "--forward", "ipip", "--director", DIRECTOR,
                              check=False)
    assert done.returncode == 1 and "another XDP program is attached" in done.stderr
    assert picture(backend) == before and not pins(backend)
    assert findings(backend, OTHER_VIP)[1] == 0
    assert findings(backend, VIP)[0].keys() >= {"vip_missing"}
    backend.ip("link set eth0 xdp off\n")


def test_a_vip_that_cannot_be_put_undoes_the_others(backend):
    backend.sysctl(net__ipv6__conf__lo__disable_ipv6=1)
    before = picture(backend)
    done = backend.realserver("enable", VIP6, "--forward", "gue", "--director", DIRECTOR,
                              check=False)
    assert done.returncode == 1 and f"{VIP6} cannot be put on lo" in done.stderr
    assert picture(backend) == before and not pins(backend) and not record(backend)
    backend.sysctl(net__ipv6__conf__lo__disable_ipv6=0)


def test_after_a_crash_half_way(backend):
    """The record is written before the first step: disabling restores what was done by then."""
    before = picture(backend)
    backend.realserver("enable", VIP, "--forward", "ipip", "--director", DIRECTOR)
    backend.ip(f"addr del {VIP}/32 dev lo\n")  # as if it had not come so far
    backend.realserver("disable", VIP)
    assert picture(backend) == before


def test_maps_of_another_version_go(backend):
    """After an upgrade, with the next enable or with disable."""
    maps = f"{backend.lab.dir}/bpf/decap-{backend.name}"
    backend.realserver("enable", VIP, *TUNNEL)
    os.mkdir(f"{maps}/maps-v0", 0o700)
    backend.realserver("enable", VIP, *TUNNEL)
    assert sorted(os.listdir(maps)) == ["links", "maps-v1"]
    os.mkdir(f"{maps}/maps-v0", 0o700)
    backend.realserver("disable", VIP)
    assert not pins(backend)


# --- check ---

def sysctls(**values):
    return lambda host: host.sysctl(**values)


def ip(lines):
    return lambda host: host.ip(lines)


def own_program(host):
    host.lab.attach_program(host, "eth0")


def unpin(host):
    path = f"{host.lab.dir}/bpf/decap-{host.name}/links"
    for name in os.listdir(path):
        os.unlink(f"{path}/{name}")
    wait_until(lambda: not picture(host)[2], what="the program to go")


def enable_again(*options):
    return lambda host: host.realserver("enable", VIP, *options)


def both(*steps):
    def run(host):
        for step in steps:
            step(host)
    return run


OTHER_LINK = ("link add eth1 type veth peer name eth1p\nlink set eth1 up\nlink set eth1p up\n"
              "addr add 10.99.0.2/24 dev eth1\n")
TUNNEL = ("--forward", "ipip", "--director", DIRECTOR)
NAT = ("--forward", "nat", "--director", DIRECTOR)

WRONG = [
    # name, enabled with, checked with, what makes it wrong, what mends it
    ("vip_missing", (), (), ip(f"addr del {VIP}/32 dev lo\n"), enable_again()),
    ("vip_elsewhere", (), (), ip(f"addr add {VIP}/24 dev eth0\n"), ip(f"addr del {VIP}/24 dev eth0\n")),
    ("vip_network", (), (), ip(f"addr add {VIP}/24 dev lo\n"), ip(f"addr del {VIP}/24 dev lo\n")),
    ("arp_ignore", (), (), sysctls(net__ipv4__conf__all__arp_ignore=0), enable_again()),
    ("arp_announce", (), (), sysctls(net__ipv4__conf__all__arp_announce=1), enable_again()),
    ("rp_filter", TUNNEL, (),
     both(ip(OTHER_LINK + "route replace default via 10.99.0.1\n"),
          sysctls(net__ipv4__conf__eth0__rp_filter=1)),
     both(sysctls(net__ipv4__conf__eth0__rp_filter=0),
          ip(f"link del eth1\nroute add default via {DIRECTOR}\n"))),
    ("no_program", TUNNEL, (), unpin, enable_again(*TUNNEL)),
    ("other_program", TUNNEL, (), both(unpin, own_program),
     both(ip("link set eth0 xdp off\n"), enable_again(*TUNNEL))),
    ("director_missing", TUNNEL, ("--director", "10.77.0.2"), lambda host: None,
     enable_again(*TUNNEL, "--director", "10.77.0.2")),
    ("mtu_small", TUNNEL, (), ip("link set eth0 mtu 590\n"),
     # IPv6 went with the small MTU
     ip(f"link set eth0 mtu 1500\naddr add {BACKENDS6[0]}/64 dev eth0 nodad\n"
        f"route add default via {DIRECTOR6}\n")),
    ("other_forward", (), TUNNEL, lambda host: None, enable_again(*TUNNEL)),
    ("default_route", None, NAT, ip("route replace default via 10.77.0.254\n"),
     ip(f"route replace default via {DIRECTOR}\n")),
    ("client_route", None, (*NAT, "--client", SOME_CLIENT),
     ip(f"route add {SOME_CLIENT} via 10.77.0.254\n"), ip(f"route del {SOME_CLIENT}\n")),
    ("pool_route", None, ("--forward", "fullnat", "--director", "10.74.0.1"),
     ip("route del default\n"), ip(f"route add default via {DIRECTOR}\n")),
    ("redirects", None, NAT, sysctls(net__ipv4__conf__eth0__accept_redirects=1),
     sysctls(net__ipv4__conf__eth0__accept_redirects=0)),
    ("vip_local", None, NAT, ip(f"addr add {VIP}/32 dev lo\n"), ip(f"addr del {VIP}/32 dev lo\n")),
]


@pytest.mark.parametrize("name, enabled, checked, spoil, mend", WRONG, ids=[w[0] for w in WRONG])
def test_check_names(backend, name, enabled, checked, spoil, mend):
    if enabled is None:  # nat: nothing is enabled
        backend.sysctl(net__ipv4__conf__all__accept_redirects=0,
                       net__ipv4__conf__eth0__accept_redirects=0)
    else:
        backend.realserver("enable", VIP, *enabled)
    spoil(backend)
    found, code = findings(backend, VIP, *checked)
    assert name in found and code == 1
    text = backend.realserver("check", VIP, *checked, check=False)
    assert f"problem: {found[name]}\n" in text.stdout and text.returncode == 1
    mend(backend)
    found, code = findings(backend, VIP, *checked)
    assert name not in found and code == 0, found


def test_hints_are_no_problem(backend):
    """An MTU of 1500; replies by the director in a tunnel; in nat the backend's own subnet."""
    backend.realserver("enable", VIP, *TUNNEL)
    found, code = findings(backend, VIP)
    assert "1480" in found["mtu"] and DIRECTOR in found["way_back"] and code == 0
    backend.realserver("disable", VIP)
    backend.sysctl(net__ipv4__conf__all__accept_redirects=0,
                   net__ipv4__conf__eth0__accept_redirects=0)
    found, code = findings(backend, VIP, *NAT)
    assert "10.77.0.0/24" in found["route"] and code == 0


def test_the_director_may_have_several_addresses(backend):
    """A gateway's address that is not the one named, but the same neighbour."""
    backend.lab.director.ip("addr add 10.77.0.200/24 dev eth0\n")
    backend.ip("route replace default via 10.77.0.200\n")
    backend.sysctl(net__ipv4__conf__all__accept_redirects=0,
                   net__ipv4__conf__eth0__accept_redirects=0)
    for address in (DIRECTOR, "10.77.0.200"):
        backend.run("ping", "-c", "1", "-W", "2", address)
    assert findings(backend, VIP, *NAT)[1] == 0
    backend.ip(f"route replace default via {DIRECTOR}\n")
    backend.lab.director.ip("addr del 10.77.0.200/24 dev eth0\n")


# --- tunnel packets and a real server ---

@pytest.fixture(scope="module")
def server(lab):
    """A server on the backend, and the director's host as the way to clients that nobody is."""
    lab.director.ip(f"route add blackhole {SOME_CLIENT}\nroute add blackhole {SOME_CLIENT6}\n")
    return lab.nginx(lab.backends[0])


def tunnelled(lab, forward, outer6, inner6, *options, source=None):
    outer = (source or DIRECTOR6, BACKENDS6[0]) if outer6 else (source or DIRECTOR, BACKENDS[0])
    inner = (SOME_CLIENT6, VIP6) if inner6 else (SOME_CLIENT, VIP)
    return lab.director.run("/usr/bin/python3", f"{NET}/tunnelled.py", forward, *outer, BACKEND_MAC,
                            *inner, *options).stdout


@pytest.mark.parametrize("inner6", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("outer6", [False, True], ids=["in IPv4", "in IPv6"])
@pytest.mark.parametrize("forward", ["ipip", "gue"])
def test_a_real_server_answers(lab, server, backend, forward, outer6, inner6):
    vip, director = (VIP, VIP6)[inner6], (DIRECTOR, DIRECTOR6)[outer6]
    backend.realserver("enable", vip, "--forward", forward, "--director", director)
    answer = tunnelled(lab, forward, outer6, inner6)
    assert answer.startswith("HTTP/1.1 200") and "b1" in answer
    assert not findings(backend, vip)[0].keys() & {"stranger", "lost"}


def test_only_from_a_director(lab, server, backend):
    backend.realserver("enable", VIP, *TUNNEL)
    assert tunnelled(lab, "ipip", False, False, "--expect-silence",
                     source="10.77.0.99") == "silence\n"
    found, code = findings(backend, VIP)
    assert "10.77.0.99" in found["stranger"] and code == 0
    backend.realserver("enable", VIP, *TUNNEL, "--director", "10.77.0.96/29")
    assert "b1" in tunnelled(lab, "ipip", False, False, source="10.77.0.99")


def test_only_for_an_enabled_vip(lab, server, backend):
    """The address is there, but not enabled."""
    backend.realserver("enable", OTHER_VIP, *TUNNEL)
    backend.ip(f"addr add {VIP}/32 dev lo\n")
    assert tunnelled(lab, "ipip", False, False, "--expect-silence") == "silence\n"
    backend.realserver("enable", VIP, *TUNNEL)
    assert "b1" in tunnelled(lab, "ipip", False, False)
    backend.ip(f"addr del {VIP}/32 dev lo\n")


def test_generic_mode(lab, server, backend):
    """Where the driver cannot: a veth whose peer has more queues than it."""
    lab.switch.run("ethtool", "-L", backend.name, "tx", "2")
    backend.realserver("enable", VIP, *TUNNEL)
    found, code = findings(backend, VIP)
    assert "generic" in found and code == 0
    assert "b1" in tunnelled(lab, "ipip", False, False)
    backend.realserver("disable", VIP)
    lab.switch.run("ethtool", "-L", backend.name, "tx", "1")
