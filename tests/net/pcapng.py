# SPDX-License-Identifier: GPL-2.0-or-later
"""pcapng.py - reads a pcapng file: a second opinion on what shunt capture writes, strict on purpose."""
import struct
from collections import namedtuple

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6
Interface = namedtuple("Interface", "name snaplen")
Packet = namedtuple("Packet", "interface time bytes length direction id comment")


class Capture:
    """The interfaces, the packets in their order, and how many were lost in the end."""

    def __init__(self, data):
        self.interfaces, self.packets, self.lost = [], [], 0
        assert struct.unpack_from("=I", data)[0] == SECTION
        at = 0
        while at < len(data):
            kind, length = struct.unpack_from("=II", data, at)
            assert length % 4 == 0 and at + length <= len(data), "the last block is not whole"
            assert struct.unpack_from("=I", data, at + length - 4)[0] == length
            self._block(kind, data[at + 8:at + length - 4])
            at += length

    def _block(self, kind, body):
        if kind == SECTION:
            assert struct.unpack_from("=IHH", body) == (0x1A2B3C4D, 1, 0)
        elif kind == INTERFACE:
            linktype, snaplen = struct.unpack_from("=HxxI", body)
            found = options(body[8:])
            assert linktype == 1 and found[9] == b"\x09"
            self.interfaces.append(Interface(found[2].decode(), snaplen))
        elif kind == STATISTICS:
            self.lost = struct.unpack("=Q", options(body[12:])[5])[0]
        else:
            assert kind == PACKET
            self._packet(body)

    def _packet(self, body):
        interface, high, low, captured, length = struct.unpack_from("=IIIII", body)
        found = options(body[20 + (captured + 3) // 4 * 4:])
        self.packets.append(Packet(
            self.interfaces[interface].name, (high << 32 | low) / 1e9, body[20:20 + captured],
            length, {1: "in", 2: "out"}[struct.unpack("=I", found[2])[0] & 3],
            struct.unpack("=Q", found[5])[0], found.get(1, b"").decode()))

    def pairs(self):
        """[(in, out or None)] of each packet."""
        found = {}
        for packet in self.packets:
            found.setdefault(packet.id, {})[packet.direction] = packet
        return [(both["in"], both.get("out")) for both in found.values()]


def options(data):
    found, at = {}, 0
    while True:
        code, length = struct.unpack_from("=HH", data, at)
        if code == 0:
            assert length == 0 and at + 4 == len(data)
            return found
        found[code] = data[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


def read(path):
    with open(path, "rb") as file:
        return Capture(file.read())
