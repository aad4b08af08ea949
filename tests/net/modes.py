# SPDX-License-Identifier: GPL-2.0-or-later
"""modes.py - the table of what the mode tests run over, and a site for a row of it: a lab with
servers on its backends and a director that forwards to them by that mode alone."""
import dataclasses

import lab as labs
from lab import BACKENDS, BACKENDS6, listens, wait_until
from shuntd import Shuntd, config, service
from traffic import NET

# Of IPv4 and IPv6.
VIPS = {"dr": (labs.DR_VIP, labs.DR_VIP6), "nat": (labs.NAT_VIP, labs.NAT_VIP6),
        "ipip": ("192.0.2.30", "2001:db8:2::30"), "gue": ("192.0.2.40", "2001:db8:2::40"),
        "fullnat": ("192.0.2.50", "2001:db8:2::50")}
POOL, POOL_NET = ("10.74.0.1", "2001:db8:74::1"), ("10.74.0.0/24", "2001:db8:74::/64")
WEB, DNS, ECHO, IPERF = 80, 53, 7, 5201


@dataclasses.dataclass(frozen=True)
class Mode:
    """How a client's packet gets to its backend."""
    forward: str
    vip: int = 4  # the family of VIP and client
    backend: int = 4  # the family of the backends' addresses
    arms: int = 1  # of the director
    mtu: int = 1500  # between director and backends
    generic: bool = False  # the director's interfaces have no XDP of their own

    def __str__(self):
        families = f"{self.vip}in{self.backend}" if self.tunnel() else f"{self.vip}"
        return f"{self.forward}-{families}" + (f"-{self.arms}arms" if self.arms > 1 else "") + (
            f"-mtu{self.mtu}" if self.mtu != 1500 else "") + ("-generic" if self.generic else "")

    def long(self):
        """Is it for `make test-long` alone?"""
        return str(self) not in SHORT

    def lab(self):
        """What of it is a matter of the lab."""
        return {"arms": self.arms, "mtu": self.mtu, "generic": self.generic}

    def tunnel(self):
        return self.forward in ("ipip", "gue")

    def translates(self):
        return self.forward in ("nat", "fullnat")

    def overhead(self):
        """Bytes that a packet grows by on its way to the backend."""
        outer = 40 if self.backend == 6 else 20
        return {"ipip": outer, "gue": outer + 8 + 4}.get(self.forward, 0)

    def vip_address(self):
        return VIPS[self.forward][self.vip == 6]

    def backend_addresses(self, count):
        return (BACKENDS6 if self.backend == 6 else BACKENDS)[:count]


def pair(forward, **options):
    """A forward that stays in its family, for both."""
    return [Mode(forward, family, family, **options) for family in (4, 6)]


def tunnels(forward, **options):
    """Any family in any."""
    return [Mode(forward, vip, backend, **options) for vip in (4, 6) for backend in (4, 6)]


MODES = [
    *pair("dr"), *pair("nat"),
    *pair("dr", arms=2), *pair("nat", arms=2),
    Mode("dr", generic=True), Mode("nat", generic=True),
    *tunnels("ipip"), *tunnels("gue"),
    Mode("ipip", 4, 6, arms=2), Mode("ipip", 6, 4, arms=2),
    Mode("gue", 4, 4, arms=2), Mode("gue", 6, 6, arms=2),
    Mode("ipip", 4, 4, mtu=1600), Mode("gue", 6, 6, mtu=1600),
    *pair("fullnat"), Mode("fullnat", arms=2), Mode("fullnat", generic=True),
]

# The rows that `make test` runs: whatever there is in the table occurs in one of them, and each
# family in a tunnel of each. The others are for `make test-long`.
SHORT = {
    "dr-4", "nat-4", "nat-6", "fullnat-4", "fullnat-6", "ipip-6in4", "gue-4in6",
    "dr-6-2arms", "nat-4-2arms", "gue-6in6-2arms", "nat-4-generic", "ipip-4in4-mtu1600",
}

ONE_ARM = [mode for mode in MODES if mode.arms == 1 and mode.mtu == 1500 and not mode.generic]


def bracketed(address):
    return f"[{address}]" if ":" in address else address


class Site:
    """A lab for one mode. Which servers run on the backends is the test's choice."""

    def __init__(self, mode, lab):
        self.mode, self.lab, self.client = mode, lab, lab.client
        self.vip = mode.vip_address()
        self.backends = mode.backend_addresses(len(lab.backends))
        self.host, *self.hosts = map(bracketed, (self.vip, *self.backends))  # as in a URL
        self.services, self.up = "", {}
        self.shuntd = None
        for host in lab.backends:
            self._prepare(host)

    def _prepare(self, host):
        """Make a host a backend for the mode; for dr and nat the lab has done it."""
        if self.mode.tunnel():
            director = self.lab.director_addresses()[self.mode.backend == 6]
            host.realserver("enable", self.vip, "--forward", self.mode.forward, "--director",
                            director)
            host.answer_straight(self.vip)
        if self.mode.forward == "fullnat":  # the director is nobody's gateway
            gateway = labs.DIRECTOR6 if self.mode.backend == 6 else labs.DIRECTOR
            limits = self.lab.backend_route(self.mode.backend)
            routes = f"route add {POOL_NET[self.mode.backend == 6]} via {gateway} {limits}\n"
            if self.lab.backend_mtu:  # for checks
                director = self.lab.director_addresses()[self.mode.backend == 6]
                routes += f"route add {director} via {gateway}\n"
            host.ip(f"route del default\n{routes}", f"-{self.mode.backend}")

    def url(self, path=""):
        return f"http://{self.host}/{path}"

    def local(self, number):
        """The address that a packet to the VIP has at the backend."""
        return self.backends[number] if self.mode.translates() else self.vip

    def serve(self, name, protocol, port, backends=None, **options):
        """One more service, for start(); with all backends unless told which."""
        backends = backends or self.backends
        self.services += service(name, f"{protocol}:{self.host}:{port}", self.mode.forward,
                                 backends, **options)
        self.up[name] = len(backends)

    def web(self, root, **options):
        """nginx, with the files of `root` below /files/, to GET and to PUT."""
        for host in self.lab.backends:
            self.lab.nginx(host, WEB, root)
        self.serve("web", "tcp", WEB, **options)

    def dns(self):
        for host in self.lab.backends:
            host.spawn(f"dnsmasq-{host.name}", "dnsmasq", "-k", "-C", "/dev/null", "-R", "-h", "-u",
                       "root", "-x", "", "-p", str(DNS), "--address=/lab.test/198.51.100.7")
            wait_until(lambda host=host: listens(host, DNS) and listens(host, DNS, "udp"),
                       what="dnsmasq to listen")
        self.serve("dns-udp", "udp", DNS, check="")
        self.serve("dns-tcp", "tcp", DNS)

    def echo(self, port=ECHO):
        """A service on every port has it on this one too."""
        for number, host in enumerate(self.lab.backends):
            host.spawn(f"echo-{host.name}", "/usr/bin/python3", f"{NET}/echo.py",
                       self.local(number), str(ECHO))
            wait_until(lambda host=host: listens(host, ECHO, "udp"), what="the echo to listen")
        self.serve("echo", "udp", port, check="")

    def iperf(self):
        """One backend, since a test has a control connection beside it; where no check asks."""
        server = self.lab.backends[0]
        server.spawn("iperf3", "iperf3", "-s", "-p", str(IPERF), "-B", self.local(0))
        wait_until(lambda: listens(server, IPERF), what="iperf3 to listen")
        self.serve("iperf-tcp", "tcp", IPERF, self.backends[:1], check="kind = none")
        self.serve("iperf-udp", "udp", IPERF, self.backends[:1], check="")

    def start(self, settings=""):
        if self.mode.forward == "fullnat":
            settings += '\nfullnat_pool = {"%s", "%s"}' % POOL
        self.shuntd = Shuntd(self.lab, config(
            self.services, [f"eth{arm}" for arm in range(self.lab.arms)], settings=settings))
        self.shuntd.start()
        for name, count in self.up.items():
            self.shuntd.wait_up(name, count=count)
        attached = {i["mode"] for i in self.shuntd.json("status")["interfaces"]}
        assert attached == {"generic" if self.lab.generic else "native"}
        return self.shuntd

    def drops(self):
        """{reason: packets} of what was dropped."""
        return {r["name"]: r["count"] for r in self.shuntd.get("/v1/drops")["reasons"]
                if r["count"] and r["verdict"] == "drop"}
