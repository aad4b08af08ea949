// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_frame.c - the builder of frames against scapy: what the cases expect is as right as a second
 * hand makes it. Each row is a frame and the expression of scapy's that is the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "packet/frame.h"

#define PYTHON "/usr/bin/python3"

/* What the expressions use. */
static const char prelude[] =
	"import sys\n"
	"try:\n"
	"    from scapy.all import *\n"
	"except ImportError:\n"
	"    sys.exit(77)\n"
	"E = lambda t=None, **k: Ether(dst='02:00:00:00:00:01', src='02:00:00:00:00:fe', **k)\n"
	"I4 = lambda **k: IP(**{'src': '198.51.100.7', 'dst': '192.0.2.10', 'id': 0, **k})\n"
	"I6 = lambda **k: IPv6(**{'src': '2001:db8::7', 'dst': '2001:db8:1::10', **k})\n"
	"T = lambda **k: TCP(**{'sport': 40000, 'dport': 80, 'seq': 0x01020304,\n"
	"    'ack': 0x0a0b0c0d, 'flags': 'A', 'window': 0xfaf0, **k})\n"
	"U = lambda **k: UDP(**{'sport': 40000, 'dport': 53, **k})\n"
	"P = lambda n: bytes(ord('a') + i % 23 for i in range(n))\n"
	"PAD = lambda n: PadN(optdata=bytes(n - 2))\n"
	"def piece(packet, at, length, more):\n"
	"    whole = raw(packet)[len(packet) - len(packet.payload):]\n"
	"    head = packet.copy()\n"
	"    head.remove_payload()\n"
	"    cut = whole[at:at + length]\n"
	"    if packet.version == 4:\n"
	"        head.flags, head.frag, head.len, head.chksum = more, at // 8, None, None\n"
	"        return head / cut\n"
	"    head.plen, head.nh = None, 44\n"
	"    return head / IPv6ExtHdrFragment(nh=packet.nh, offset=at // 8, m=more, id=9) / cut\n"
	"failed = 0\n"
	"def same(name, got, packet):\n"
	"    global failed\n"
	"    want = raw(packet).hex()\n"
	"    if got != want:\n"
	"        failed += 1\n"
	"        print('FAILED', name, 'built', got, 'scapy', want, sep='\\n', file=sys.stderr)\n";

#define V4   .from = "198.51.100.7:40000", .to = "192.0.2.10:80"
#define V6   .from = "[2001:db8::7]:40000", .to = "[2001:db8:1::10]:80"
#define V4D  .from = "198.51.100.7:40000", .to = "192.0.2.10:53"
#define V6D  .from = "[2001:db8::7]:40000", .to = "[2001:db8:1::10]:53"
#define V4I  .from = "198.51.100.7", .to = "192.0.2.10"
#define V6I  .from = "2001:db8::7", .to = "2001:db8:1::10"
#define ECHO "12340001"

static const struct frame outer4 = {IP, .from = "10.0.0.1", .to = "10.0.0.31", .tos = 3};
static const struct frame outer6 = {IP, .from = "2001:db8:2::1", .to = "2001:db8:2::31",
				    .flow = 0xabcde};
static const struct frame gue4 = {UDP, .from = "10.0.0.1:50000", .to = "10.0.0.31:6080",
				  .no_check = true};
static const struct frame gue6 = {UDP, .from = "[2001:db8:2::1]:50000",
				  .to = "[2001:db8:2::31]:6080", .no_check = true};
static const struct frame sent4 = {TCP, V4, .payload = 99};
static const struct frame sent6 = {TCP, V6, .payload = 99};

static const struct row {
	const char *name;
	struct frame frame;
	const char *scapy;
} rows[] = {
	{"TCP", {TCP, V4}, "E()/I4()/T()"},
	{"TCP data", {TCP, V4, .payload = 33, .flags = "PA"}, "E()/I4()/T(flags='PA')/P(33)"},
	{"IPv4 fields",
	 {UDP, V4D, .ttl = 9, .tos = 0xb9, .id = 77, .frag = DONT_FRAGMENT, .payload = 5},
	 "E()/I4(ttl=9, tos=0xb9, id=77, flags='DF')/U()/P(5)"},
	{"IPv4 options",
	 {UDP, V4D, .options = "94040000"},
	 "E()/I4(options=[IPOption_Router_Alert()])/U()"},
	{"MSS",
	 {TCP, V4, .flags = "S", .mss = SET(1460), .tcp_options = 4},
	 "E()/I4()/T(flags='S', options=[('MSS', 1460)] + [('NOP', None)] * 4)"},
	{"options of TCP",
	 {TCP, V4, .flags = "S", .tcp_special = "0103030701010402"},
	 "E()/I4()/T(flags='S', options=[('NOP', None), ('WScale', 7), ('NOP', None), "
	 "('NOP', None), ('SAckOK', b'')])"},
	{"UDP without checksum",
	 {UDP, V4D, .no_check = true, .payload = 3},
	 "E()/I4()/U(chksum=0)/P(3)"},
	{"echo", {ICMP, V4I, .payload = 56}, "E()/I4()/ICMP(id=0x1234, seq=1)/P(56)"},
	{"an error",
	 {ICMP, V4I, .icmp = ICMP_KIND(3, 4), .rest = "00000578", .quote = &sent4},
	 "E()/I4()/ICMP(type=3, code=4, nexthopmtu=1400)/raw(I4()/T()/P(99))[:28]"},
	{"first piece",
	 {UDP, V4D, .id = 9, .payload = 4000, .piece = 1480},
	 "E()/piece(IP(raw(I4(id=9)/U()/P(4000))), 0, 1480, 1)"},
	{"middle piece",
	 {UDP, V4D, .id = 9, .payload = 4000, .piece = 1480, .piece_at = 1480},
	 "E()/piece(IP(raw(I4(id=9)/U()/P(4000))), 1480, 1480, 1)"},
	{"last piece",
	 {UDP, V4D, .id = 9, .payload = 4000, .piece = 1480, .piece_at = 2960},
	 "E()/piece(IP(raw(I4(id=9)/U()/P(4000))), 2960, 1480, 0)"},

	{"IPv6 TCP", {TCP, V6}, "E()/I6()/T()"},
	{"IPv6 UDP of odd length", {UDP, V6D, .payload = 7}, "E()/I6()/U()/P(7)"},
	{"IPv6 fields",
	 {UDP, V6D, .ttl = 3, .tos = 0xb9, .flow = 0x12345},
	 "E()/I6(hlim=3, tc=0xb9, fl=0x12345)/U()"},
	{"IPv6 echo",
	 {ICMP, V6I, .payload = 9},
	 "E()/I6()/ICMPv6EchoRequest(id=0x1234, seq=1, data=P(9))"},
	{"IPv6 too big",
	 {ICMP, V6I, .icmp = ICMP_KIND(2, 0), .rest = "00000500", .quote = &sent6, .quoted = 40},
	 "E()/I6()/ICMPv6PacketTooBig(mtu=1280)/raw(I6()/T()/P(99))[:80]"},
	{"hop-by-hop and destination options",
	 {TCP, V6, .extensions = "H1D"},
	 "E()/I6()/IPv6ExtHdrHopByHop(options=[PAD(14)])/"
	 "IPv6ExtHdrDestOpt(options=[PAD(6)])/T()"},
	{"routing",
	 {UDP, V6D, .extensions = "R"},
	 "E()/I6(nh=43)/bytes.fromhex('1100040000000000')/raw(I6()/U())[40:]"},
	{"an atomic fragment",
	 {UDP, V6D, .extensions = "F", .id = 9, .payload = 8},
	 "E()/I6()/IPv6ExtHdrFragment(id=9)/U()/P(8)"},
	{"authentication",
	 {TCP, V6, .extensions = "A"},
	 "E()/I6(nh=51)/bytes.fromhex('0604' + '00' * 22)/raw(I6()/T())[40:]"},
	{"IPv6 first piece",
	 {UDP, V6D, .id = 9, .payload = 4000, .piece = 1448},
	 "E()/piece(IPv6(raw(I6()/U()/P(4000))), 0, 1448, 1)"},
	{"IPv6 last piece",
	 {UDP, V6D, .id = 9, .payload = 2000, .piece = 1448, .piece_at = 1448},
	 "E()/piece(IPv6(raw(I6()/U()/P(2000))), 1448, 1448, 0)"},
	{"a piece behind hop-by-hop options",
	 {UDP, V6D, .extensions = "H", .id = 9, .payload = 2000, .piece = 1448, .piece_at = 1448},
	 "E()/I6()/IPv6ExtHdrHopByHop(options=[PAD(6)])/"
	 "IPv6ExtHdrFragment(nh=17, offset=181, m=0, id=9)/raw(U()/P(2000))[1448:]"},

	{"a tag", {TCP, V4, .vlan = 0x6064}, "E()/Dot1Q(prio=3, vlan=100)/I4()/T()"},
	{"two tags",
	 {TCP, V6, .vlan = AD(200), .vlan_inner = 100},
	 "E(type=0x88a8)/Dot1AD(vlan=200)/Dot1Q(vlan=100)/I6()/T()"},

	{"4 in 4",
	 {TCP, V4, .outer = &outer4},
	 "E()/I4(src='10.0.0.1', dst='10.0.0.31', tos=3)/"
	 "I4()/T()"},
	{"6 in 4",
	 {TCP, V6, .outer = &outer4, .payload = 5},
	 "E()/I4(src='10.0.0.1', dst='10.0.0.31', tos=3)/I6()/T()/P(5)"},
	{"4 in 6",
	 {UDP, V4D, .outer = &outer6},
	 "E()/I6(src='2001:db8:2::1', dst='2001:db8:2::31', fl=0xabcde)/I4()/U()"},
	{"6 in 6",
	 {UDP, V6D, .outer = &outer6},
	 "E()/I6(src='2001:db8:2::1', dst='2001:db8:2::31', fl=0xabcde)/I6()/U()"},
	{"4 in GUE in 4",
	 {TCP, V4, .outer = &gue4, .pad = 4},
	 "E()/I4(src='10.0.0.1', dst='10.0.0.31')/U(sport=50000, dport=6080, chksum=0)/"
	 "bytes.fromhex('00040000')/I4()/T()/Padding(bytes(4))"},
	{"6 in GUE in 6",
	 {UDP, V6D, .outer = &gue6, .payload = 3},
	 "E()/I6(src='2001:db8:2::1', dst='2001:db8:2::31')/"
	 "U(sport=50000, dport=6080, chksum=0)/bytes.fromhex('00290000')/I6()/U()/P(3)"},
};

/* The script, on its way to Python: no more frames than fit the pipe's other end can wait. */
static void write_script(FILE *python)
{
	uint8_t frame[FRAME_MAX];

	fputs(prelude, python);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = frame_build(&rows[i].frame, frame);

		fprintf(python, "same('%s', '", rows[i].name);
		for (size_t b = 0; b < length; b++)
			fprintf(python, "%02x", frame[b]);
		fprintf(python, "', %s)\n", rows[i].scapy);
	}
	fputs("sys.exit(failed)\n", python);
}

int main(void)
{
	FILE *python = access(PYTHON, X_OK) == 0 ? popen(PYTHON " -", "w") : NULL;
	size_t count = ARRAY_SIZE(rows);
	int status;

	if (!python) {
		printf("needs " PYTHON "\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	write_script(python);
	status = pclose(python);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		printf("needs scapy\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) > count) {
		printf("0 passed, %zu failed, 0 skipped\n", count);
		return 1;
	}
	printf("%zu passed, %d failed, 0 skipped\n", count - WEXITSTATUS(status),
	       WEXITSTATUS(status));
	return WEXITSTATUS(status) > 0;
}
