#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tuples.py - HTTP requests from given source ports, one after the other: one line "PORT ANSWER"
for each. The same arguments make the same client tuples."""
import argparse
import socket
import struct

RESET = struct.pack("ii", 1, 0)  # close by RST: the tuple is free at once


def ask(options, port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.settimeout(5)
        s.bind((options.source, port))
        s.connect((options.host, options.port))
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := s.recv(4096):
            answer += chunk
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return answer.partition(b"\r\n\r\n")[2].decode().strip()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("source")
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--port", type=int, default=80)
    arguments = parser.parse_args()
    for number in range(arguments.first, arguments.first + arguments.count):
        print(number, ask(arguments, number))
