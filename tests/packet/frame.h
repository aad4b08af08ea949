/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame.h - frames from a few words: what is not said has a default, what is wrong is said. Lengths
 * and checksums are computed over the whole packet, by nothing that the program under test uses.
 */
#ifndef PACKET_FRAME_H
#define PACKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 16384

enum frame_kind {
	FRAME_DEFAULT, /* only in what frame_change() lays over another */
	TCP,
	UDP,
	ICMP,  /* ICMPv6 between IPv6 addresses */
	IP,    /* either family, .protocol and a payload */
	ETHER, /* .ethertype and a payload */
};

/* A value that may be 0, where 0 means the right one. */
#define SET(value)            ((value) | 1 << 16)
#define ICMP_KIND(type, code) SET((type) << 8 | (code))
#define FRAG(more, offset)    ((more) << 13 | (offset) / 8)
#define DONT_FRAGMENT         0x4000
#define AD(tag)               ((tag) | 1 << 17) /* of 802.1ad */
#define UNTAGGED              (-1)              /* in a change: no tag */

struct frame {
	enum frame_kind kind;
	const char *dmac, *smac; /* default: from the router to the director (world.h) */
	int vlan, vlan_inner;    /* tags: 16 bits, SET() or AD() */
	int ethertype;
	/* Their family is the packet's: "198.51.100.7:40000", "[2001:db8::7]:40000"; ICMP and IP
	 * without port: "198.51.100.7", "2001:db8::7". */
	const char *from, *to;
	int ttl;             /* or hop limit; default 64 */
	int tos;             /* or traffic class */
	int id, frag;        /* IPv4: frag is the header's word, flags and offset */
	const char *options; /* IPv4: hexadecimal, a multiple of 4 bytes */
	int flow;            /* IPv6: the flow label */
	/*
	 * IPv6: extension headers, a letter each, and a digit that is its length field (default 0,
	 * which is 8 bytes): Hop-by-hop, Routing (all segments done), Segments left (a routing
	 * header with one), Destination options, Authentication, Mobility, Fragment (with .frag's
	 * offset and more, and .id).
	 */
	const char *extensions;
	int protocol; /* SET() for 0 */
	/* The frame describes a long packet: only so many bytes of it, from that one on behind the
	 * IP header. IPv6: a fragment header stands behind the extension headers. */
	size_t piece, piece_at;
	const char *flags;       /* of TCP: letters of "FSRPA", default "A" */
	int mss;                 /* of TCP: SET(), the first option */
	int tcp_options;         /* bytes of NOP behind it */
	const char *tcp_special; /* and then these: hexadecimal, a multiple of 4 bytes */
	int icmp;                /* ICMP_KIND(), default echo request */
	const char *rest;        /* of the ICMP header: 4 bytes, hexadecimal */
	/* ICMP: the IP packet that is quoted, cut `quoted` bytes (default 8) after its IP header */
	const struct frame *quote;
	size_t quoted;
	size_t payload; /* bytes after the last header or the quote, a running pattern */
	int word;       /* SET() the first two bytes of the payload */

	/*
	 * A tunnel's header around it: kind IP is ipip, kind UDP is gue. As the program chose, see
	 * frame_take_chosen(): its port 0 in .from, FLOW_ANY, and so many last bytes of .from.
	 */
	const struct frame *outer;
	int from_any;

	/* what is wrong */
	int version, ihl,
		total;        /* SET() instead of the right one; IPv6: total is its length field */
	int doff, udp_length; /* the same */
	int extension_length; /* the same: the length field of the last extension header */
	int ip_check_off;     /* added to the right checksum, in one's complement */
	int check_off;        /* the same for TCP, UDP and ICMP */
	bool no_check;        /* UDP: the sender made none */
	size_t cut;           /* keep so many bytes of the frame */
	size_t pad;           /* bytes of padding behind it */
};

#define FLOW_ANY (1 << 20)

/* Build @frame into @ret; returns its length. Aborts on what it does not understand. */
size_t frame_build(const struct frame *frame, uint8_t ret[static FRAME_MAX]);

/* Length of its outermost IP packet as the header tells, 0 when there is none. */
size_t frame_ip_length(const struct frame *frame);

/* Take into @want, which was built from @frame, what it leaves to the program, out of @got. A
 * source port must be one of the dynamic ones (RFC 6335). */
void frame_take_chosen(const struct frame *frame, uint8_t *want, const uint8_t *got,
		       size_t got_length);

/* @frame with what @change says in place of its own. */
struct frame frame_change(const struct frame *frame, const struct frame *change);

/* Print both around the first byte that differs. */
void frame_print_difference(const uint8_t *got, size_t got_length, const uint8_t *want,
			    size_t want_length);

#endif
