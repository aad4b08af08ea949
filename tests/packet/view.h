/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - a frame as a reader with all the time in the world sees it: where its headers are, who
 * it is from and for, and what is wrong with it. For predict.h, with none of the program's headers.
 */
#ifndef PACKET_VIEW_H
#define PACKET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };

/* IPv4: the first four bytes, the others 0. */
struct view_addr {
	bool v6;
	uint8_t bytes[16];
};

enum view_fault { VIEW_RIGHT, VIEW_BAD_IP, VIEW_BAD_L4, VIEW_FRAGMENT };

enum view_piece { VIEW_WHOLE, VIEW_FIRST, VIEW_LATER };

struct view {
	bool is_ip; /* all else means nothing when it is not */
	bool v6;
	uint8_t protocol; /* behind the extension headers */
	enum view_fault fault;
	enum view_piece piece;
	uint32_t id;     /* of what it is a piece of */
	size_t tags;     /* bytes */
	size_t ip, l4;   /* where in the frame; l4 means nothing with VIEW_BAD_IP */
	size_t total;    /* bytes of the IP packet, as it says */
	size_t covered;  /* by the checksum of TCP, UDP or ICMP; without fault */
	size_t check_at; /* where that stands; 0: other protocol */
	struct view_addr from, to;
	uint16_t sport, dport; /* TCP and UDP without fault, else 0 */
};

struct view view_frame(const uint8_t *frame, size_t length);
/* The ports and the checksum's place of a first piece: fault is VIEW_BAD_L4, or stays. */
void view_first_piece(struct view *view, const uint8_t *frame);

/*
 * The packet that the ICMP error @error quotes; its own length is not asked. `covered` is what
 * there is of it behind its IP header; with 8 bytes of that TCP and UDP have ports. check_at is 0
 * where the checksum is not quoted.
 */
struct view view_quote(const struct view *error, const uint8_t *frame);

/* "192.0.2.1" or "2001:db8::1"; aborts on anything else. */
struct view_addr view_addr(const char *text);
/* The same with a port: "192.0.2.1:80", "[2001:db8::1]:80"; 0 if it is "*" or there is none. */
struct view_addr view_end(const char *text, uint16_t *ret_port);
bool view_same(const struct view_addr *a, const struct view_addr *b);
bool view_within(const struct view_addr *addr, const struct view_addr *net, int bits);

/* An address as it stands in a packet. */
struct view_addr view_read_addr(const uint8_t *at, bool v6);
void view_write_addr(uint8_t *at, const struct view_addr *addr);
size_t view_from_at(const struct view *view);
size_t view_to_at(const struct view *view);

/* One's complement sum over what a checksum covers, itself included: 0xffff if it is right. */
uint16_t view_ip_sum(const struct view *view, const uint8_t *frame);
uint16_t view_l4_sum(const struct view *view, const uint8_t *frame);

#endif
