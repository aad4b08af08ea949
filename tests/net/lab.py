# SPDX-License-Identifier: GPL-2.0-or-later
"""lab.py - a small network in namespaces, with shuntd in it. For the net tests, tools/lab and
tools/demo; the standard library only.

    client 10.78.0.2 ----+          +---- b1 10.77.0.11
                         |          |
                      [ switch: one bridge ]---- b2 10.77.0.12   (nginx on each; the dr VIP on lo)
                         |          |
    director 10.77.0.1 --+          +---- b3 10.77.0.13
             10.78.0.1

Everybody has an IPv6 address too: 10.78.0.2 is 2001:db8:78::2 as well, and 192.0.2.0/24, where the
VIPs are, is 2001:db8:2::/64. The client reaches the VIPs by way of the director. What a backend
sends from its own address goes back by way of the director (nat); what it sends from a VIP of its
own goes straight to the client (dr). With `arms=2` the backends hang on a second bridge behind the
director's eth1. With `mtu=1600` the director's and the backends' links carry that much, for
tunnels; routes stay at 1500. With `client_mtu=1400` the client moves behind a path of that MTU,
which only the routers at its ends know of:

    client 10.79.0.2 ---- 10.79.0.1 access 10.76.0.1 --1400-- router 10.78.0.254 ---- [ switch ]

With `backend_mtu=1400` the backends move behind a router, their gateway, that has no more than that
towards them:

    director 10.75.0.1 ---- 10.75.0.254 gate 10.77.0.1 --1400-- [ the second bridge ]---- b1 ...

With `generic=True` the director's interfaces are of a kind that has no XDP in its driver.

All that a lab makes carries its name or lies in /run/NAME, a bpffs of its own for the pins included,
so that any number of labs stand side by side. close() takes down whatever there is of it, also after
a start that failed half-way, and also from another process.
"""
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TREE, os.environ.get("B", "build"))
BPFTOOL = shutil.which("bpftool", path="/usr/sbin:/sbin:" + os.environ["PATH"]) or "bpftool"
PROGRAMS = os.path.join(BUILD, "tests/net")

# Of two addresses of a host, the second is its IPv6 one.
DR_VIP, NAT_VIP = "192.0.2.10", "192.0.2.20"
DR_VIP6, NAT_VIP6 = "2001:db8:2::10", "2001:db8:2::20"
CLIENT, CLIENT6 = "10.78.0.2", "2001:db8:78::2"
DIRECTOR, DIRECTOR6 = "10.77.0.1", "2001:db8:77::1"
DIRECTOR_CLIENT_SIDE, DIRECTOR6_CLIENT_SIDE = "10.78.0.1", "2001:db8:78::1"
ROUTER, ROUTER6 = "10.78.0.254", "2001:db8:78::fe"
FAR_NET, FAR_NET6 = "10.79.0.0/24", "2001:db8:79::/64"
FAR_CLIENT, FAR_CLIENT6 = "10.79.0.2", "2001:db8:79::2"
FAR_ROUTER, FAR_ROUTER6 = "10.79.0.1", "2001:db8:79::1"
# What lies between a router and the next one.
GATED_DIRECTOR, GATED_DIRECTOR6 = "10.75.0.1", "2001:db8:75::1"
GATE, GATE6, BACKEND_NET, BACKEND_NET6 = ("10.75.0.254", "2001:db8:75::fe", "10.77.0.0/24",
                                          "2001:db8:77::/64")
NARROW, NARROW6 = ("10.76.0.1", "10.76.0.254"), ("2001:db8:76::1", "2001:db8:76::fe")
BACKENDS = ("10.77.0.11", "10.77.0.12", "10.77.0.13")
BACKENDS6 = ("2001:db8:77::11", "2001:db8:77::12", "2001:db8:77::13")

PR_SET_PDEATHSIG = 1


class LabError(Exception):
    """Something in the lab did not do what it should; the text says what."""


def interrupt_once():
    """Have Ctrl-C and SIGTERM raise KeyboardInterrupt, once: whoever presses twice must not end the
    cleaning up that the first began."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def on_signal(_number, _frame):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, on_signal)


def wait_until(condition, timeout=5, what=None, interval=0.02):
    """Poll until condition() is true and return its value; LabError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout} s in vain: {what or condition}")
        time.sleep(interval)


def run(*args, check=True, timeout=60, stdin=None, pass_fds=()):
    """Run a command; the result has returncode, stdout, stderr as text."""
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run(args, capture_output=True, text=True, timeout=timeout, check=False,
                          pass_fds=pass_fds, **source)
    if check and done.returncode:
        raise LabError(f"{' '.join(args)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def process_start(pid):
    """When a process started, in clock ticks since boot: tells it from a later one of its number."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def end_process(pid, started, patience=5):
    """SIGTERM, then SIGKILL, to the process that had `pid` at `started`."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process_start(pid) != started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        with contextlib.suppress(LabError):
            wait_until(lambda: process_start(pid) != started, patience)


def family(address):
    return 6 if ":" in address else 4


def whole(address):
    """The prefix of one address."""
    return f"{address}/128" if family(address) == 6 else f"{address}/32"


def on_link(address):
    """An address with the length of its subnet, as every subnet of the lab has it."""
    return f"{address}/64" if family(address) == 6 else f"{address}/24"


class Host:
    """One network namespace."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.netns = f"{lab.name}.{name}"

    def inside(self, *args):
        """The command line that runs `args` here. nsenter, not ip-netns: that hides the bpffs."""
        return ["nsenter", f"--net=/run/netns/{self.netns}", "--", *args]

    def run(self, *args, **options):
        return run(*self.inside(*args), **options)

    def spawn(self, name, *args, **options):
        """Start a process that the lab ends; see Lab.spawn()."""
        return self.lab.spawn(name, *self.inside(*args), **options)

    def ip(self, lines, *options):
        """Run ip(8) on each line; `options` for all of them, as -6."""
        run("ip", *options, "-n", self.netns, "-batch", "-", stdin=lines)

    def sysctl(self, **settings):
        self.run("sysctl", "-q", "-w", *(f"{key.replace('__', '.')}={value}"
                                         for key, value in settings.items()))

    def link(self, device="eth0"):
        """What `ip link` knows of a device: address, ifindex, operstate, xdp..."""
        return json.loads(run("ip", "-n", self.netns, "-j", "-d", "link", "show", device).stdout)[0]

    def add_vip(self, vip):
        """Make this a dr backend of `vip`: on lo, silent in ARP, answers straight to the client."""
        self.ip(f"addr add {whole(vip)} dev lo\n")
        self.answer_straight(vip)

    def realserver(self, command, vip, *options, check=True):
        """`shunt realserver` on this host, which has a state and pins of its own."""
        return self.run(f"{BUILD}/shunt", "realserver", command, vip, *options,
                        "--state-dir", f"{self.lab.dir}/realserver-{self.name}",
                        "--pin-dir", f"{self.lab.dir}/bpf/decap-{self.name}", check=check)

    def answer_straight(self, vip):
        """What leaves here from `vip` goes to the client, as it came by a director that it does not
        go back to."""
        self.ip(f"rule add from {vip} lookup 100\n", f"-{family(vip)}")


class Process:
    """A process of the lab: its number, its log, and how to end it."""

    def __init__(self, lab, name, popen, log):
        self.lab, self.name, self.popen, self.log_path = lab, name, popen, log
        self.pid = popen.pid
        self.started = process_start(self.pid)

    def alive(self):
        return self.popen.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait(self, timeout=10):
        """The exit code, negative for a signal."""
        return self.popen.wait(timeout)

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Send a signal and wait for the end; returns the exit code."""
        if self.alive():
            self.popen.send_signal(number)
        code = self.wait(timeout)
        self.lab.forget(self)
        return code


class Lab:
    """The network of the picture above; a context manager."""

    def __init__(self, name, backends=3, arms=1, log_dir=None, keep=False, client_mtu=None,
                 mtu=None, backend_mtu=None, generic=False):
        """`keep`: the lab outlives this process (tools/lab); otherwise its processes end with it."""
        if not re.fullmatch(r"shunt-[\w-]{1,40}", name):
            raise LabError(f"'{name}' is no name for a lab; expected shunt-SOMETHING")
        self.name, self.arms, self.keep = name, 2 if backend_mtu else arms, keep
        self.client_mtu, self.mtu, self.backend_mtu = client_mtu, mtu, backend_mtu
        self.generic = generic
        self.dir = f"/run/{name}"
        self.log_dir = log_dir or f"{self.dir}/logs"
        self.switch, self.client = Host(self, "switch"), Host(self, "client")
        self.director = Host(self, "director")
        self.backends = [Host(self, f"b{i + 1}") for i in range(backends)]
        self.routers = [Host(self, "access"), Host(self, "router")] if client_mtu else []
        self.routers += [Host(self, "gate")] if backend_mtu else []
        self.hosts = [self.client, self.director, *self.backends, *self.routers]
        self.bridges = self.arms + (1 if backend_mtu else 0)  # the backends hang on the last
        self.processes = []

    # --- up and down ---

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception):
        self.close()

    def open(self):
        if not os.path.exists(f"{PROGRAMS}/pass.bpf.o"):
            raise LabError(f"{PROGRAMS}/pass.bpf.o is missing; run: make tests")
        if os.path.exists(self.dir):
            raise LabError(f"{self.dir} is there already; is this lab up?")
        for sub in ("bpf", "pids", "nginx"):
            os.makedirs(f"{self.dir}/{sub}", mode=0o755)
        os.makedirs(self.log_dir, exist_ok=True)
        run("mount", "-t", "bpf", "bpf", f"{self.dir}/bpf")
        self._make_hosts()
        if self.client_mtu:
            self._wire_far_client()
        else:
            self._wire_client()
        self._wire_director()
        if self.backend_mtu:
            self._wire_gate()
        for number, host in enumerate(self.backends):
            self._wire_backend(number, host)
        wait_until(self._carriers, what="carrier on every interface of the lab")

    def close(self):
        """Remove all that the lab has, whoever made it."""
        for entry in self._pids():
            end_process(*entry)
        for process in self.processes:
            process.popen.wait()
        for netns in self._namespaces():
            run("ip", "netns", "del", netns, check=False)
        if os.path.ismount(f"{self.dir}/bpf"):
            run("umount", f"{self.dir}/bpf")
        shutil.rmtree(self.dir, ignore_errors=True)

    def is_up(self):
        return os.path.isdir(self.dir)

    def _namespaces(self):
        with contextlib.suppress(FileNotFoundError):
            return [n for n in os.listdir("/run/netns") if n.startswith(f"{self.name}.")]
        return []

    def _make_hosts(self):
        for host in (self.switch, *self.hosts):
            run("ip", "netns", "add", host.netns)
            host.ip("link set lo up\n")
            # No waiting for others of the same address, no advice from routers.
            host.sysctl(net__ipv4__conf__all__rp_filter=0, net__ipv4__conf__default__rp_filter=0,
                        net__core__somaxconn=4096, net__ipv6__conf__default__accept_dad=0,
                        net__ipv6__conf__default__accept_ra=0,
                        net__ipv6__conf__default__accept_redirects=0)
        for host in self.routers:
            host.sysctl(net__ipv4__ip_forward=1, net__ipv4__icmp_ratelimit=0,
                        net__ipv6__conf__all__forwarding=1, net__ipv6__icmp__ratelimit=0)
        self.switch.sysctl(net__ipv6__conf__default__disable_ipv6=1)
        for arm in range(self.bridges):
            self.switch.ip(f"link add br{arm} type bridge mcast_snooping 0\n"
                           f"link set br{arm} up\n")

    def plug(self, host, port, device="eth0", arm=0, mac=None, peer_program=False, mtu=None):
        """A cable from the host's `device` to the switch's `port` on bridge `arm`."""
        self.switch.ip(f"link add {port} type veth peer name {device} netns {host.netns}\n"
                       f"link set {port} master br{arm} up\n")
        # The packets of a local stack have no checksum yet, and XDP sees them so: this end, which
        # they all pass before and after the director, computes them.
        self.switch.run("ethtool", "-K", port, "tx", "off")
        if peer_program:
            self.attach_program(self.switch, port)
        if mac:
            host.ip(f"link set {device} address {mac}\n")
        if mtu:
            self.switch.ip(f"link set {port} mtu {mtu}\n")
            host.ip(f"link set {device} mtu {mtu}\n")
        host.ip(f"link set {device} up\n")

    def attach_program(self, host, device, name="pass", program="pass"):
        """Have a device run a program of NAME.bpf.c, natively. bpftool, not ip(8), which leaves
        directories in /sys/fs/bpf and may mount it."""
        pins = f"{self.dir}/bpf/{name}-{host.netns.rpartition('.')[2]}-{device}"
        if not os.path.exists(pins):
            run(BPFTOOL, "prog", "loadall", f"{PROGRAMS}/{name}.bpf.o", pins, "type", "xdp")
        host.run(BPFTOOL, "net", "attach", "xdpdrv", "pinned", f"{pins}/{program}", "dev", device,
                 "overwrite")

    def _wire_client(self):
        self.plug(self.client, "client", mac="02:00:00:00:00:02")
        self.client.ip(f"addr add {on_link(CLIENT)} dev eth0\n"
                       f"addr add {on_link(CLIENT6)} dev eth0\n"
                       f"route add default via {DIRECTOR_CLIENT_SIDE}\n"
                       f"route add default via {DIRECTOR6_CLIENT_SIDE}\n")

    def _wire_far_client(self):
        """Only the two routers know how little fits between them, and say so."""
        access, router = self.routers[:2]
        self.plug(router, "router", mac="02:00:00:00:00:fe")
        self.client.ip(f"link add eth0 type veth peer name eth1 netns {access.netns}\n")
        access.ip(f"link add eth0 type veth peer name eth1 netns {router.netns}\n")
        narrow = self.client_mtu
        self._address(router, f"link set eth1 mtu {narrow} up\n", {
            "eth0": (ROUTER, ROUTER6), "eth1": (NARROW[1], NARROW6[1])})
        self._address(access, f"link set eth0 mtu {narrow} up\nlink set eth1 up\n", {
            "eth0": (NARROW[0], NARROW6[0]), "eth1": (FAR_ROUTER, FAR_ROUTER6)})
        self._address(self.client, "link set eth0 up\n", {"eth0": (FAR_CLIENT, FAR_CLIENT6)})
        self.client.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off")
        for host, gateways in ((router, (DIRECTOR_CLIENT_SIDE, DIRECTOR6_CLIENT_SIDE)),
                               (access, (NARROW[1], NARROW6[1])),
                               (self.client, (FAR_ROUTER, FAR_ROUTER6))):
            host.ip("".join(f"route add default via {gateway}\n" for gateway in gateways))
        router.ip(f"route add {FAR_NET} via {NARROW[0]}\nroute add {FAR_NET6} via {NARROW6[0]}\n")

    @staticmethod
    def _address(host, links, addresses):
        host.ip(links + "".join(f"addr add {on_link(address)} dev {device}\n"
                                for device, both in addresses.items() for address in both))

    def _wire_director(self):
        inner = f"eth{self.arms - 1}"
        for arm in range(self.arms):
            device = f"wire{arm}" if self.generic else f"eth{arm}"
            self.plug(self.director, f"director{arm}", device, arm, mtu=self.mtu,
                      mac=f"02:00:00:00:0{arm}:01", peer_program=not self.generic)
            if self.generic:
                self.director.ip(f"link add eth{arm} link {device} type macvlan mode passthru\n"
                                 f"link set eth{arm} up\n")
                self.director.sysctl(**{  # else the wire answers too, and learns what is eth's
                    f"net__ipv4__conf__{device}__arp_ignore": 1})
        self._address(self.director, "", {"eth0": (DIRECTOR_CLIENT_SIDE, DIRECTOR6_CLIENT_SIDE)})
        self._address(self.director, "", {inner: self.director_addresses()})
        self.director.sysctl(net__ipv4__ip_forward=1, net__ipv4__conf__all__send_redirects=0,
                             net__ipv4__conf__default__send_redirects=0,
                             net__ipv6__conf__all__forwarding=1)
        if self.client_mtu:
            self.director.ip(f"route add {FAR_NET} via {ROUTER}\n"
                             f"route add {FAR_NET6} via {ROUTER6}\n")
        for arm in range(self.arms):
            self.director.run("sysctl", "-q", "-w", f"net.ipv4.conf.eth{arm}.send_redirects=0")

    def director_addresses(self):
        """The director's addresses on the side of the backends."""
        return (GATED_DIRECTOR, GATED_DIRECTOR6) if self.backend_mtu else (DIRECTOR, DIRECTOR6)

    def _wire_gate(self):
        """Its end of the link to the backends has the MTU, and its end alone."""
        gate = self.routers[-1]
        self.plug(gate, "gate0", "eth0", 1)
        self.plug(gate, "gate1", "eth1", 2)
        self._address(gate, f"link set eth1 mtu {self.backend_mtu}\n", {
            "eth0": (GATE, GATE6), "eth1": (DIRECTOR, DIRECTOR6)})
        gate.ip(f"route add default via {GATED_DIRECTOR}\n"
                f"route add default via {GATED_DIRECTOR6}\n")
        self.director.ip(f"route add {BACKEND_NET} via {GATE}\n"
                         f"route add {BACKEND_NET6} via {GATE6}\n")

    def _wire_backend(self, number, host):
        self.plug(host, host.name, arm=self.bridges - 1, mac=f"02:00:00:00:00:{11 + number}",
                  mtu=self.mtu)
        self.address_backend(number, host)
        host.sysctl(net__ipv4__conf__all__arp_ignore=1, net__ipv4__conf__all__arp_announce=2)
        host.add_vip(DR_VIP)
        host.add_vip(DR_VIP6)

    def address_backend(self, number, host):
        """Addresses and routes of a backend's eth0: `from the VIP` has a table of its own."""
        for address, director, client, router, far in (
                (BACKENDS[number], DIRECTOR, CLIENT, ROUTER, FAR_NET),
                (BACKENDS6[number], DIRECTOR6, CLIENT6, ROUTER6, FAR_NET6)):
            mtu = self.backend_route(family(address))
            straight = f"dev eth0 {mtu}" if self.arms == 1 else f"via {director} {mtu}"
            by_router = f"via {router} dev eth0 onlink" if self.arms == 1 else straight
            host.ip(f"addr add {on_link(address)} dev eth0\n"
                    f"route add default via {director} {mtu}\n"
                    f"route add {client} {straight} table 100\n")
            if self.client_mtu:
                host.ip(f"route add {router} {straight} table 100\n"
                        f"route add {far} {by_router} table 100\n")

    def backend_route(self, number):
        """What a backend's routes say of their length, IPv4's or IPv6's: what a client is told of a
        narrow path is to come from the gate, and not from an MSS."""
        advmss = 1440 if number == 6 else 1460
        return f"mtu {self.backend_mtu} advmss {advmss}" if self.backend_mtu else "mtu 1500"

    def _carriers(self):
        links = [(host, "eth0") for host in self.hosts]
        links += [(self.director, f"eth{arm}") for arm in range(self.arms)]
        return all(host.link(device)["operstate"] == "UP" for host, device in links)

    # --- processes ---

    def spawn(self, name, *args, env=None, stdin=None, stdout=None, pass_fds=()):
        """Start a process under `name`, its stderr (and stdout, unless given) in a log. It gets a
        session of its own, so that Ctrl-C reaches the lab's owner alone."""
        log = f"{self.log_dir}/{name}.log"
        die_with_us = None if self.keep else _die_with_parent
        with open(log, "ab") as sink:
            popen = subprocess.Popen(args, stdin=stdin or subprocess.DEVNULL,
                                     stdout=stdout or sink, stderr=sink, text=True,
                                     start_new_session=True, preexec_fn=die_with_us,
                                     env={**os.environ, **(env or {})}, pass_fds=pass_fds)
        process = Process(self, name, popen, log)
        self.processes.append(process)
        with open(f"{self.dir}/pids/{popen.pid}", "w", encoding="ascii") as file:
            file.write(f"{process.started} {name}\n")
        return process

    def forget(self, process):
        """It has ended: its number may be somebody else's from now on."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.dir}/pids/{process.pid}")
        if process in self.processes:
            self.processes.remove(process)

    def _pids(self):
        found = []
        with contextlib.suppress(FileNotFoundError):
            for pid in os.listdir(f"{self.dir}/pids"):
                with open(f"{self.dir}/pids/{pid}", encoding="ascii") as file:
                    words = file.read().split()
                if words and words[0].isdigit():
                    found.append((int(pid), int(words[0])))
        return found

    def running(self):
        """(pid, name) of the lab's processes that live, whoever started them."""
        found = []
        for pid, started in self._pids():
            if process_start(pid) == started:
                with open(f"{self.dir}/pids/{pid}", encoding="ascii") as file:
                    found.append((pid, file.read().split()[1]))
        return found

    # --- servers ---

    def nginx(self, host, port=80, root="/var/empty", also=()):
        """A real nginx on every address of a backend; it answers with the backend's name, and with
        the files of `root` below /files/, which a client may also put there."""
        name = f"nginx-{host.name}"
        prefix = f"{self.dir}/nginx/{host.name}"
        os.makedirs(prefix, exist_ok=True)
        with open(f"{prefix}/nginx.conf", "w", encoding="ascii") as conf:
            listen = "".join(NGINX_LISTEN.format(port=number) for number in (port, *also))
            conf.write(NGINX_CONF.format(prefix=prefix, listen=listen, name=host.name, root=root))
        server = host.spawn(name, "nginx", "-p", prefix, "-e", "stderr", "-c",
                            f"{prefix}/nginx.conf")
        wait_until(lambda: listens(host, port) or not server.alive(), what=f"{name} to listen")
        if not server.alive():
            raise LabError(f"{name} does not start: {server.log()}")
        return server


NGINX_LISTEN = "listen {port} backlog=4096; listen [::]:{port} backlog=4096; "
NGINX_CONF = """\
daemon off;
master_process off;
user root;
pid {prefix}/pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	client_body_temp_path {prefix}/body;
	proxy_temp_path {prefix}/proxy;
	fastcgi_temp_path {prefix}/fastcgi;
	uwsgi_temp_path {prefix}/uwsgi;
	scgi_temp_path {prefix}/scgi;
	default_type text/plain;
	keepalive_requests 10000000;
	server {{
		{listen}
		location / {{ return 200 "{name}\\n"; }}
		location /files/ {{
			alias {root}/;
			dav_methods PUT;
			client_max_body_size 1g;
		}}
	}}
}}
"""


def listens(host, port, protocol="tcp", address=None):
    """Does anything on the host listen on the port (and at the address)?"""
    flags = "-Hltn" if protocol == "tcp" else "-Hlun"
    return bool(host.run("ss", flags, "src", f"{address or ''}:{port}").stdout.strip())


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
