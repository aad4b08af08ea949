/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layers.h - what frame.c builds a frame of: layers.c has the headers, one function each. */
#ifndef PACKET_LAYERS_H
#define PACKET_LAYERS_H

#include "packet/frame.h"

#define ETH_LENGTH  14
#define VLAN_LENGTH 4

/* "address", "address:port" or "[address]:port". */
struct layers_end {
	bool v6;
	uint8_t addr[16]; /* IPv4: the first four */
	uint16_t port;
};

/* Aborts on what is no address. */
struct layers_end layers_end(const char *text);
/* The family of its addresses; false for a frame without. */
bool layers_is_v6(const struct frame *frame);

/* Bytes that its tags take. */
size_t layers_tags_length(const struct frame *frame);
/* Bytes from the start of the IP packet to what a fragment may split. */
size_t layers_ip_length(const struct frame *frame);

/* Each writes at *@at and moves it behind what it wrote. */
void layers_put_ether(const struct frame *frame, bool v6, uint8_t **at);
/* The IP header in front of @length bytes; @carried is what it says to follow. A piece of a longer
 * packet has @more pieces behind it. */
void layers_put_ip(const struct frame *frame, uint8_t carried, size_t length, bool more,
		   uint8_t **at);
/* TCP, UDP or ICMP with payload and quote, checksum over all of it. */
void layers_put_l4(const struct frame *frame, uint8_t **at);
/* UDP's and GUE's headers in front of @length bytes of a packet of protocol @carried. */
void layers_put_gue(const struct frame *outer, uint8_t carried, size_t length, uint8_t **at);

/* The IP protocol of what is behind the IP header and its extensions. */
uint8_t layers_protocol(const struct frame *frame);

#endif
