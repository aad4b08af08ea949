# SPDX-License-Identifier: GPL-2.0-or-later
"""echo.py ADDRESS PORT [COUNT LENGTH] - a UDP echo server at ADDRESS; with COUNT and LENGTH, its
client: so many datagrams of random content, each from a port of its own, each sent until it comes
back whole or five seconds are over. Prints how many came back, and how many were sent."""
import os
import socket
import sys
import time

PATIENCE, AGAIN = 5.0, 0.5  # seconds


def udp(address):
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)


def serve(address, port):
    server = udp(address)
    server.bind((address, port))
    while True:
        try:
            data, client = server.recvfrom(65536)
            server.sendto(data, client)
        except OSError as error:  # what an ICMP error told, not the end
            print(error, flush=True)


def ask(address, port, length):
    """Returns (came back, sent)."""
    with udp(address) as client:
        client.settimeout(AGAIN)
        client.connect((address, port))
        text, deadline, sent = os.urandom(length), time.monotonic() + PATIENCE, 0
        while time.monotonic() < deadline:
            try:
                client.send(text)
                sent += 1
                if client.recv(65536) == text:
                    return 1, sent
            except OSError:  # lost, or an ICMP error told: a path MTU has to be learnt
                pass
    return 0, sent


def main(address, port, count=0, length=0):
    if not int(count):
        serve(address, int(port))
    results = []
    for _ in range(int(count)):
        results.append(ask(address, int(port), int(length)))
        if not results[-1][0]:
            break  # no need to be patient again
    print(*map(sum, zip(*results)))


main(*sys.argv[1:])
