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
	ICMP,
	IP,    /* IPv4 with .protocol and a payload */
	ETHER, /* .ethertype and a payload */
};

/* A value that may be 0, where 0 means the right one. */
#define SET(value)            ((value) | 1 << 16)
#define ICMP_KIND(type, code) SET((type) << 8 | (code))
#define FRAG(more, offset)    ((more) << 13 | (offset) / 8)
#define DONT_FRAGMENT         0x4000

struct frame {
	enum frame_kind kind;
	const char *dmac, *smac; /* default: from the router to the director (world.h) */
	int vlan;                /* a tag with this number */
	int ethertype;
	const char *from, *to; /* "198.51.100.7:40000", ICMP and IP without port */
	int ttl;               /* default 64 */
	int tos, id, frag;     /* frag: the header's word, flags and offset */
	const char *options;   /* of IP: hexadecimal, a multiple of 4 bytes */
	int protocol;
	const char *flags; /* of TCP: letters of "FSRPA", default "A" */
	int tcp_options;   /* bytes of NOP */
	int icmp;          /* ICMP_KIND(), default echo request */
	const char *rest;  /* of the ICMP header: 4 bytes, hexadecimal */
	/* ICMP: the IP packet that is quoted, cut `quoted` bytes (default 8) after its IP header */
	const struct frame *quote;
	size_t quoted;
	size_t payload; /* bytes after the last header or the quote, a running pattern */
	int word;       /* SET() the first two bytes of the payload */

	/* what is wrong */
	int version, ihl, total; /* SET() instead of the right one */
	int doff, udp_length;    /* the same */
	int ip_check_off;        /* added to the right checksum, in one's complement */
	int check_off;           /* the same for TCP, UDP and ICMP */
	bool no_check;           /* UDP: the sender made none */
	size_t cut;              /* keep so many bytes of the frame */
	size_t pad;              /* bytes of padding behind it */
};

/* Build @frame into @ret; returns its length. Aborts on what it does not understand. */
size_t frame_build(const struct frame *frame, uint8_t ret[static FRAME_MAX]);

/* Length of its IP packet as the header tells, 0 when there is none. */
size_t frame_ip_length(const struct frame *frame);

/* @frame with what @change says in place of its own. */
struct frame frame_change(const struct frame *frame, const struct frame *change);

/* Print both around the first byte that differs. */
void frame_print_difference(const uint8_t *got, size_t got_length, const uint8_t *want,
			    size_t want_length);

#endif
