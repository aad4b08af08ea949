#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hold.py - keep connections open: opens COUNT of them, then for each line on stdin sends a request
on every one and prints what came back as a line of JSON, a list of answers (null where the
connection broke)."""
import argparse
import json
import socket
import sys


def ask(connection, host):
    try:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data or not data.endswith(b"\n"):
            chunk = connection.recv(4096)
            if not chunk:
                return None
            data += chunk
    except OSError:
        return None
    return data.partition(b"\r\n\r\n")[2].decode().strip()


def main(options):
    connections = [socket.create_connection((options.host, options.port), 5)
                   for _ in range(options.count)]
    for connection in connections:
        connection.settimeout(options.timeout)
    for _ in sys.stdin:
        print(json.dumps([ask(connection, options.host) for connection in connections]), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("count", type=int)
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--timeout", type=float, default=1)
    main(parser.parse_args())
