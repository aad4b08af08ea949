#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tunnelled.py FORWARD OUTER-SOURCE OUTER-DESTINATION MAC CLIENT VIP [--expect-silence] - an HTTP
request to a VIP, each packet in a tunnel header as a director puts it there; prints what was
answered. Run where CLIENT is nobody's address, and the way of what is sent to it."""
import sys

from scapy.config import conf
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.sendrecv import AsyncSniffer, sendp

DEVICE, PORT, PATIENCE = "eth0", 80, 5
GUE = bytes((0, 4, 0, 0)), bytes((0, 41, 0, 0))


def ip(source, destination, **fields):
    layer = IPv6 if ":" in source else IP
    return layer(src=source, dst=destination, **fields)


class Tunnel:
    """Packets from a client to a VIP by way of a tunnel, and what comes back."""

    def __init__(self, forward, outer_source, outer_destination, mac, client, vip):
        self.forward, self.client, self.vip = forward, client, vip
        self.ether = Ether(dst=mac, type=0x86dd if ":" in outer_source else 0x0800)
        self.outer = outer_source, outer_destination
        self.v6 = ":" in client
        self.seq, self.ack, self.port = 1000, 0, 40000
        self.came = []

    def wrap(self, packet):
        if self.forward == "gue":
            return (self.ether / ip(*self.outer) / UDP(sport=50000, dport=6080, chksum=0) /
                    Raw(GUE[self.v6]) / packet)
        number = 41 if self.v6 else 4
        field = {"nh" if ":" in self.outer[0] else "proto": number}
        return self.ether / ip(*self.outer, **field) / packet

    def send(self, flags, payload=b""):
        segment = TCP(sport=self.port, dport=PORT, seq=self.seq, ack=self.ack, flags=flags)
        sendp(self.wrap(ip(self.client, self.vip) / segment / payload), iface=DEVICE, verbose=False)
        self.seq += len(payload) + ("S" in flags)

    def is_answer(self, frame):
        layer = IPv6 if self.v6 else IP
        return (TCP in frame and layer in frame and frame[layer].src == self.vip and
                frame[layer].dst == self.client and frame[TCP].dport == self.port)

    def exchange(self, flags, payload, enough):
        """Send, and return the first answer that is enough; None if none comes."""
        sniffer = AsyncSniffer(iface=DEVICE, lfilter=self.is_answer, timeout=PATIENCE,
                               stop_filter=lambda frame: self.is_answer(frame) and enough(frame),
                               started_callback=lambda: self.send(flags, payload))
        sniffer.start()
        sniffer.join()
        answers = [frame for frame in sniffer.results if enough(frame)]
        return answers[0] if answers else None

    def get(self):
        answer = self.exchange("S", b"", lambda frame: frame[TCP].flags == "SA")
        if not answer:
            return None
        self.ack = answer[TCP].seq + 1
        request = f"GET / HTTP/1.0\r\nHost: {self.vip}\r\n\r\n".encode()
        answer = self.exchange("PA", request, lambda frame: Raw in frame)
        self.send("R")
        return bytes(answer[Raw]).decode() if answer else None


def main(silence, *arguments):
    conf.verb = 0
    global PATIENCE
    PATIENCE = 1 if silence else PATIENCE
    print(Tunnel(*arguments).get() or "silence")


if __name__ == "__main__":
    main("--expect-silence" in sys.argv, *[a for a in sys.argv[1:] if a != "--expect-silence"])
