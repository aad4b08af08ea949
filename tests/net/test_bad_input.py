# SPDX-License-Identifier: GPL-2.0-or-later
"""test_bad_input.py - every mistake gets one clear line and the right exit code, and changes
nothing. One director serves all of them: if a mistake did change it, the next test says so."""
import os
import re
import socket

import pytest

from conftest import open_lab
from lab import BACKENDS, DR_VIP, run, wait_until
from shuntd import SHUNT, SHUNTD, Shuntd, config, service



def as_nobody(program, *arguments):
    """Run a program of the build tree, also where nobody may not enter that."""
    fd = os.open(program, os.O_RDONLY)
    try:
        return run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--",
                   f"/proc/self/fd/{fd}", *arguments, check=False, pass_fds=(fd,))
    finally:
        os.close(fd)


@pytest.fixture(scope="module")
def daemon(request):
    lab = open_lab(request)
    shuntd = Shuntd(lab, config(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS[:2],
                                        check="kind = none")))
    shuntd.start()
    shuntd.wait_up("web", count=2)
    return shuntd


@pytest.fixture
def unchanged(daemon):
    """The director is the same after the test: its config, its numbers and its process."""
    def look():
        return (daemon.get("/v1/config"), daemon.get("/v1/services/web/slots"),
                daemon.json("status")["pid"], sorted(os.listdir(daemon.pin_dir)))
    before = look()
    yield daemon
    assert look() == before


# name: (arguments, exit code, what the line must say)
COMMANDS = {
    "unknown service": (["backend", "add", "wbe", "10.77.0.13"], 4, "wbe"),
    "unknown service by address": (["service", "show", "tcp:192.0.2.99:80"], 4, "192.0.2.99"),
    "unknown backend": (["backend", "drain", "web", "10.77.0.99"], 4, "10.77.0.99"),
    "duplicate service": (["service", "add", "web", "tcp:192.0.2.99:80"], 1, "web"),
    "duplicate address": (["service", "add", "web2", f"tcp:{DR_VIP}:80"], 1, f"{DR_VIP}:80"),
    "duplicate backend": (["backend", "add", "web", BACKENDS[0]], 1, BACKENDS[0]),
    "service port 0": (["service", "add", "x", "tcp:192.0.2.99:0"], 1, "port"),
    "service port 65536": (["service", "add", "x", "tcp:192.0.2.99:65536"], 1, "65536.*65535"),
    "backend port 0": (["backend", "add", "web", "10.77.0.13:0"], 1, "port"),
    "backend port 65536": (["backend", "add", "web", "10.77.0.13:65536"], 1, "65536.*65535"),
    "weight -1": (["backend", "add", "web", "10.77.0.13", "--weight", "-1"], 1, "weight.*-1"),
    "weight 65536": (["backend", "set", "web", BACKENDS[0], "--weight", "65536"], 1,
                     "weight.*65536.*65535"),
    "weight with a tail": (["backend", "set", "web", BACKENDS[0], "--weight", "10x"], 1, "10x"),
    "bad VIP": (["service", "add", "x", "tcp:192.0.2.256:80"], 1, "192.0.2.256"),
    "bad protocol": (["service", "add", "x", "sctp:192.0.2.99:80"], 1, "sctp"),
    "bad backend address": (["backend", "add", "web", "10.77.0"], 1, "10.77.0"),
    "IPv6 backend of an IPv4 service": (["backend", "add", "web", "fd00::1"], 1, "fd00::1|IPv4"),
    "IPv6 without brackets": (["service", "add", "x", "tcp:2001:db8::1:80"], 1, "2001:db8::1"),
    "bad forward mode": (["service", "set", "web", "--forward", "drr"], 1,
                         "drr.*dr, nat, ipip, gue, fullnat"),
    "VIP of one link only": (["service", "add", "x", "tcp:[fe80::1]:80"], 1, "fe80::1.*global"),
    "every port of a backend": (["backend", "add", "web", "10.77.0.13:*"], 1, r"'\*' is not a port"),
    "every port with a check": (["service", "add", "x", "tcp:192.0.2.99:*"], 1,
                                "every port.*port = N or kind = none"),
    "backend mode for another family": (["backend", "add", "web", "fd00::1", "--forward", "nat"], 1,
                                        "fd00::1.*IPv6.*web.*IPv4.*nat"),
    "backend mode for another port": (["backend", "add", "web", "10.77.0.13:8080", "--forward",
                                       "gue"], 1, "8080.*gue.*port 80"),
    "mss too small": (["service", "set", "web", "--mss", "535"], 1, "mss.*535.*536 to 9000"),
    "mss of UDP": (["service", "add", "x", "udp:192.0.2.99:53", "--mss", "auto"], 1, "mss.*TCP"),
    "toa without fullnat": (["service", "set", "web", "--toa"], 1, "toa.*fullnat"),
    "fullnat without a pool": (["service", "set", "web", "--forward", "fullnat"], 1,
                               "fullnat_pool.*IPv4"),
    "table size no prime": (["service", "add", "x", "tcp:192.0.2.99:80", "--table-size", "16384"],
                            1, "16384.*prime"),
    "table size changed": (["service", "set", "web", "--table-size", "4093"], 2, "table.size"),
    "dr to another port": (["backend", "add", "web", "10.77.0.13:8080"], 1, "port"),
    "bad name": (["service", "add", "a/b", "tcp:192.0.2.99:80"], 1, "a/b"),
    "unknown interface": (["attach", "eth7"], 4, "eth7"),
    "interface not attached": (["detach", "lo"], 4, "lo"),
    "unknown key": (["service", "set", "web", "--wieght", "3"], 2, "wieght"),
    "misspelt key": (["backend", "set", "web", BACKENDS[0], "--wieght", "3"], 2,
                     "wieght.*did you mean.*weight"),
    "unknown command": (["servcie", "list"], 2, "servcie.*did you mean.*service"),
    "no command": ([], 2, None),
    "missing argument": (["service", "add", "x"], 2, None),
    "one argument too many": (["status", "now"], 2, "now"),
    "bad option": (["--jsno", "status"], 2, "jsno"),
    "no such file to apply": (["apply", "/nonexistent.conf"], 1, "/nonexistent.conf"),
}


def assert_one_line(text, what):
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert what is None or re.search(what, lines[0]), lines[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_command(unchanged, name):
    arguments, code, what = COMMANDS[name]
    done = unchanged.shunt(*arguments, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    if what:
        assert_one_line(done.stderr, what)
    else:
        assert done.stderr.strip()


GOOD = config(service("web", f"tcp:{DR_VIP}:80", backends=BACKENDS[:2], check="kind = none"))

# name: (the file, what the line must say after FILE:)
FILES = {
    "missing brace at the end": (GOOD.rstrip().rstrip("}"), r"\d+: .*\}"),
    "missing brace of a backend": (GOOD.rstrip()[:-3] + "\n}\n", r"\d+: "),
    "unknown key": (GOOD.replace("forward", "fordward"), r"\d+: .*fordward.*did you mean.*forward"),
    "unknown section": (GOOD.replace("service", "servcie"), r"\d+: .*servcie"),
    "two services of one name": (GOOD + GOOD[GOOD.index("service"):], r"\d+: .*web"),
    "two services of one address": (GOOD + GOOD[GOOD.index("service"):].replace('"web"', '"web2"'),
                                    f".*{DR_VIP}:80"),
    "two backends of one address": (GOOD.replace(BACKENDS[1], BACKENDS[0]), f".*{BACKENDS[0]}"),
    "two checks of one name": (GOOD.replace("backend", 'check "tcp" { kind = none }\n\tbackend', 1),
                               r"\d+: .*tcp"),
    "port 0": (GOOD.replace(":80", ":0"), r"\d+: .*port"),
    "port 65536": (GOOD.replace(":80", ":65536"), r"\d+: .*65536"),
    "weight -1": (GOOD.replace("{  }", "{ weight = -1 }"), r"\d+: .*weight.*-1"),
    "weight 65536": (GOOD.replace("{  }", "{ weight = 65536 }"), r"\d+: .*weight.*65536"),
    "bad address": (GOOD.replace(f"tcp:{DR_VIP}", "tcp:192.0.2"), r"\d+: .*192.0.2"),
    "IPv6 backend of an IPv4 service": (GOOD.replace(BACKENDS[0], "fd00::1"), ".*fd00::1|IPv4"),
    "every port with a port of a backend": (
        GOOD.replace(f"{DR_VIP}:80", f"{DR_VIP}:*").replace(BACKENDS[0], BACKENDS[0] + ":80"),
        r"\d+: .*every port.*without a port"),
    "every port with a check": (GOOD.replace(f"{DR_VIP}:80", f"{DR_VIP}:*").replace("none", "tcp"),
                                r"\d+: .*every port.*port = N or kind = none"),
    "backend mode for another family": (
        GOOD.replace(BACKENDS[0], "fd00::1", 1).replace("{  }", "{ forward = nat }", 1),
        r"\d+: .*fd00::1.*IPv6.*IPv4.*nat"),
    "tunnel source with more bits": ("tunnel_source = 10.0.0.1/24\n" + GOOD,
                                     "1: tunnel_source.*10.0.0.1/24.*beyond its length"),
    "two tunnel sources": ("tunnel_source = {10.0.0.1, 10.0.0.2}\n" + GOOD,
                           "1: tunnel_source.*two IPv4"),
    "prefix as fullnat pool": ("fullnat_pool = 10.0.0.0/24\n" + GOOD, "1: fullnat_pool.*prefix"),
    "VIP as fullnat pool": (f"fullnat_pool = {DR_VIP}\n" + GOOD, rf"\d+: VIP {DR_VIP}.*fullnat_pool"),
    "fullnat ports upside down": ("fullnat_ports = 2000-1999\n" + GOOD,
                                  "1: fullnat_ports.*2000-1999.*LOW-HIGH"),
    "fullnat without a pool": (GOOD.replace("= dr", "= fullnat"), r"\d+: .*fullnat_pool.*IPv4"),
    "table size no prime": (GOOD.replace("forward", "table_size = 16384\n\tforward"),
                            r"\d+: .*16384.*prime"),
    "bad time": (GOOD.replace("kind = none", "kind = tcp interval = 2y"), r"\d+: .*2y"),
    "bad enum": (GOOD.replace("forward = dr", "forward = drr"), r"\d+: .*drr"),
    "unterminated string": (GOOD.replace('"web"', '"web'), r"\d+: "),
    "bad interface name": (GOOD.replace('"eth0"', '"an-interface-name-too-long"'),
                           r"\d+: .*an-interface-name-too-long"),
    "empty": ("", ".*empty"),
    "comments alone": ("# nothing\n", ".*empty"),
    "no address": (re.sub(r"\taddress.*\n", "", GOOD), ".*address"),
}


@pytest.mark.parametrize("name", FILES)
def test_file(unchanged, name):
    """`shuntd -t`, `shunt check` and `shunt apply` say the same of a bad file."""
    text, what = FILES[name]
    path = f"{unchanged.home}/bad.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    for command in ([SHUNTD, "-t", "-c", path], [SHUNT, "-s", unchanged.socket, "check", path],
                    [SHUNT, "-s", unchanged.socket, "apply", path]):
        done = run(*command, check=False)
        assert done.returncode == 1 and not done.stdout, command
        assert_one_line(done.stderr, re.escape(path) + ":" + what)


@pytest.mark.parametrize("make", ["missing", "directory", "forbidden"])
def test_unreadable_config(lab, make):
    shuntd = Shuntd(lab)
    os.unlink(shuntd.config_path)
    if make == "directory":
        os.mkdir(shuntd.config_path)
    for done in (shuntd.refuse(), lab.director.run(SHUNTD, "-t", "-c", shuntd.config_path,
                                                   check=False)) if make != "forbidden" else ():
        assert done.returncode == 1
        assert_one_line(done.stderr, re.escape(shuntd.config_path))
    if make == "forbidden":
        shuntd.write_config("")
        os.chmod(shuntd.config_path, 0)
        done = as_nobody(SHUNTD, "-t", "-c", shuntd.config_path)
        assert done.returncode == 1
        assert_one_line(done.stderr, re.escape(shuntd.config_path) + ".*ermission denied")
    assert not os.path.exists(shuntd.pin_dir)


def test_shuntd_test_or_stop(daemon):
    """-t must never end the forwarding."""
    for options in (["-t", "--stop-forwarding"], ["--stop-forwarding", "-t"]):
        done = daemon.lab.director.run(SHUNTD, *options, "--runtime-dir", daemon.runtime_dir,
                                       "--pin-dir", daemon.pin_dir, check=False)
        assert done.returncode == 2
        assert_one_line(done.stderr, "--test.*--stop-forwarding")


def test_interface_that_does_not_exist(lab):
    shuntd = Shuntd(lab, config(interfaces=("eth0", "eth7")))
    done = shuntd.refuse()
    assert done.returncode == 1
    assert_one_line(done.stderr, "eth7")
    assert not lab.director.link().get("xdp")


def test_no_daemon(lab):
    shuntd = Shuntd(lab)
    for command in (["status"], ["list"], ["service", "remove", "web"]):
        done = shuntd.shunt(*command, check=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert_one_line(done.stderr, re.escape(shuntd.socket))


def test_permissions(unchanged):
    """Anyone may look; changes need root or the group."""
    def ask(*arguments):
        return as_nobody(SHUNT, "-s", unchanged.socket, *arguments)
    assert ask("list").returncode == 0 and ask("--json", "status").returncode == 0
    for command in (["service", "remove", "web"], ["backend", "drain", "web", BACKENDS[0]],
                    ["reload"], ["save"], ["detach", "eth0"],
                    ["service", "add", "x", "tcp:192.0.2.99:80"]):
        done = ask(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert_one_line(done.stderr, "root|group")


def test_no_permission_on_the_socket(daemon):
    mode = os.stat(daemon.socket).st_mode
    os.chmod(daemon.socket, 0o600)
    try:
        done = as_nobody(SHUNT, "-s", daemon.socket, "status")
    finally:
        os.chmod(daemon.socket, mode)
    assert done.returncode == 1
    assert_one_line(done.stderr, "ermission denied.*" + re.escape(daemon.socket))


# name: (method, path, body, status)
REQUESTS = {
    "no JSON": ("PUT", "/v1/services/x", "{", 400),
    "not an object": ("PUT", "/v1/services/x", "[]", 400),
    "empty body": ("PUT", "/v1/services/x", "", 400),
    "wrong type": ("PATCH", "/v1/services/web", {"table_size": [1]}, 400),
    "unknown member": ("PATCH", "/v1/services/web", {"wieght": 1}, 400),
    "backends no list": ("PATCH", "/v1/services/web", {"backends": 3}, 400),
    "NUL in the JSON": ("PUT", "/v1/services/x", '{"address": "tcp:192.0.2.9:80\\u0000"}', 400),
    "no UTF-8": ("PUT", "/v1/services/x", b'{"description": "\xff\xfe"}', 400),
    "deep nesting": ("PUT", "/v1/services/x", "[" * 100000, 400),
    "huge number": ("PATCH", "/v1/services/web", '{"table_size": 1e400}', 400),
    "no such path": ("GET", "/v2/status", None, 404),
    "no such service": ("DELETE", "/v1/services/x", None, 404),
    "wrong method": ("DELETE", "/v1/status", None, 405),
    "method unheard of": ("BREW", "/v1/services", None, 405),
    "bad escape": ("GET", "/v1/services/%zz", None, (400, 404)),
    "body over the limit": ("POST", "/v1/apply", "x" * ((4 << 20) + 1), 413),
    "fixed key": ("PATCH", "/v1/services/web", {"address": "tcp:192.0.2.9:80"}, 400),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request(unchanged, name):
    method, path, body, wanted = REQUESTS[name]
    try:
        status, answer = unchanged.api(method, path, body)
    except (BrokenPipeError, ConnectionResetError):
        # the daemon may hang up on a body that it will not read
        assert wanted == 413
        return
    assert status in (wanted if isinstance(wanted, tuple) else (wanted,)), answer
    assert isinstance(answer, dict) and "\n" not in answer["error"]


GARBAGE = {"noise": os.urandom(4096), "nothing": b"", "half": b"GET /v1/sta",
           "long line": b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n",
           "long header": b"GET /v1/status HTTP/1.1\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
           "false length": b"PUT /v1/services/x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n{}",
           "negative length": b"PUT /v1/services/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}"}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage(unchanged, name):
    """Refused with a 4xx or hung up on, and never carried out."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(unchanged.socket)
        try:
            s.sendall(GARBAGE[name])
            s.shutdown(socket.SHUT_WR)
            answer = s.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    assert not answer or re.match(rb"HTTP/1.[01] [45]", answer), answer[:100]


def test_many_connections_do_not_lock_people_out(unchanged):
    """More than the API's limit; when they are gone it answers again."""
    idle = []
    for _ in range(400):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(1)
        try:
            s.connect(unchanged.socket)
        except OSError:
            s.close()
            break
        idle.append(s)
    assert len(idle) > 100
    for s in idle:
        s.close()
    wait_until(lambda: unchanged.shunt("status", check=False).returncode == 0, 5,
               "the API to answer again")
