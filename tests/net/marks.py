#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""marks.py - connections whose bytes are marked, so that none can be taken for another's.

    marks.py serve ADDRESS PORT           sends back what comes, as long as each connection keeps to
                                          the mark that it began with; ends it otherwise
    marks.py hold VIP PORT FROM NAME      for each line on stdin a line of JSON:
        open N      {"open": N}: so many of them were answered with their mark within the time
        check       {"right": N, "wrong": N}: every connection sends its mark again
        close N     {"open": N}: closes the N oldest; so many are left
"""
import json
import selectors
import socket
import sys
import time

MARK = 16  # bytes
AT_ONCE = 200  # connections that are being made
PATIENCE_S = 4


def serve(address, port):
    listener = socket.create_server((address, port), backlog=4096)
    listener.setblocking(False)
    waiting = selectors.EpollSelector()
    waiting.register(listener, selectors.EVENT_READ)
    marks = {}
    while True:
        for key, _ in waiting.select():
            peer = key.fileobj
            if peer is listener:
                peer, _ = listener.accept()
                peer.setblocking(False)
                waiting.register(peer, selectors.EVENT_READ)
                continue
            try:
                data = peer.recv(MARK)
            except OSError:
                data = b""
            if data and marks.setdefault(peer, data) == data:
                peer.sendall(data)
                continue
            marks.pop(peer, None)
            waiting.unregister(peer)
            peer.close()


class Holder:
    def __init__(self, vip, port, source, name):
        self.to, self.source, self.name = (vip, port), source, name
        self.open, self.made, self.wrong = {}, 0, 0  # {socket: its mark}, oldest first

    def begin(self, waiting):
        self.made += 1
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        sock.bind((self.source, 0))
        sock.connect_ex(self.to)
        waiting.register(sock, selectors.EVENT_WRITE, f"{self.name}{self.made:08}".ljust(MARK).encode())

    def answers(self, waiting, more):
        """Send each its mark when it can be sent, and read it back: {socket: its answer}."""
        answers, deadline = {}, time.monotonic() + PATIENCE_S
        while True:
            more(waiting)
            if not waiting.get_map() or time.monotonic() > deadline:
                break
            for key, events in waiting.select(0.1):
                try:
                    if events & selectors.EVENT_WRITE:
                        key.fileobj.send(key.data)
                        waiting.modify(key.fileobj, selectors.EVENT_READ, key.data)
                        continue
                    answers[key.fileobj] = (key.data, key.fileobj.recv(MARK))
                except OSError:
                    answers[key.fileobj] = (key.data, None)
                waiting.unregister(key.fileobj)
                deadline = time.monotonic() + PATIENCE_S
        return answers

    def do_open(self, count):
        waiting, goal = selectors.EpollSelector(), self.made + count

        def more(waiting):
            while self.made < goal and len(waiting.get_map()) < AT_ONCE:
                self.begin(waiting)

        answers = self.answers(waiting, more)
        for key in list(waiting.get_map().values()):
            key.fileobj.close()
        right = 0
        for sock, (mark, answer) in answers.items():
            if mark == answer:
                self.open[sock] = mark
                right += 1
            else:
                self.wrong += answer is not None
                sock.close()
        return {"open": right}

    def do_check(self):
        waiting = selectors.EpollSelector()
        for sock, mark in self.open.items():
            waiting.register(sock, selectors.EVENT_WRITE, mark)
        answers = self.answers(waiting, lambda waiting: None)
        right = sum(mark == answer for mark, answer in answers.values())
        return {"right": right, "wrong": self.wrong + len(self.open) - right}

    def do_close(self, count):
        for sock in list(self.open)[:count]:
            del self.open[sock]
            sock.close()
        return {"open": len(self.open)}


def main(mode, address, port, *rest):
    if mode == "serve":
        serve(address, int(port))
    holder = Holder(address, int(port), *rest)
    for line in sys.stdin:
        command, *arguments = line.split()
        print(json.dumps(getattr(holder, f"do_{command}")(*map(int, arguments))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
