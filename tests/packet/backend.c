// SPDX-License-Identifier: GPL-2.0-or-later
/* backend.c - see backend.h. */
#include "packet/backend.h"

#include <bpf/bpf.h>
#include <err.h>
#include <net/if.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PIN_DIR "/sys/fs/bpf/shunt-decap"

const char *const backend_reasons[] = {
#define X(symbol, name, verdict, help) name,
	DECAP_REASONS(X)
#undef X
};

/* --- packets --- */

const struct backend_part backend_outers[] = {
	{"ipip", {IP, .from = DIRECTOR, .to = "10.0.0.31"}},
	{"ipip from a prefix", {IP, .from = BACKEND_HASHED, .to = "10.0.0.31", .ttl = 3}},
	{"ipip, IPv4 options", {IP, .from = DIRECTOR, .to = "10.0.0.31", .options = "94040000"}},
	{"ipip, the longest IPv4 header",
	 {IP, .from = DIRECTOR, .to = "10.0.0.31",
	  .options = "0101010101010101010101010101010101010101010101010101010101010101010101010101"
		     "0101"}},
	{"ipip over IPv6", {IP, .from = DIRECTOR6, .to = "2001:db8:2::31", .flow = 0x12345}},
	{"ipip over IPv6, a destination option",
	 {IP, .from = DIRECTOR6, .to = "2001:db8:2::31", .extensions = "D"}},
	{"ipip over IPv6, five headers",
	 {IP, .from = DIRECTOR6, .to = "2001:db8:2::31", .extensions = "HRDF0D2"}},
	{"gue", {UDP, .from = DIRECTOR ":50000", .to = "10.0.0.31:6080"}},
	{"gue from a prefix", {UDP, .from = BACKEND_HASHED ":1", .to = "10.0.0.31:6080"}},
	{"gue over IPv6", {UDP, .from = "[" DIRECTOR6 "]:50000", .to = "[2001:db8:2::31]:6080"}},
};

const struct backend_part backend_inners[] = {
	{"TCP", {TCP, .from = CLIENT, .to = VIP ":80", .payload = 60, .tos = 0xb8}},
	{"UDP without checksum", {UDP, .from = CLIENT, .to = VIP ":53", .no_check = true}},
	{"ICMP, TTL 1", {ICMP, .from = CLIENT_ADDR, .to = VIP, .ttl = 1}},
	{"IPv4 options", {TCP, .from = CLIENT, .to = VIP ":80", .options = "94040000"}},
	{"a fragment",
	 {UDP, .from = CLIENT, .to = VIP ":53", .payload = 3000, .piece = 1480, .piece_at = 1480}},
	{"full size", {TCP, .from = CLIENT, .to = VIP ":80", .payload = 1460}},
	{"wrong header checksum", {TCP, .from = CLIENT, .to = VIP ":80", .ip_check_off = 5}},
	{"IPv6 TCP", {TCP, .from = "[2001:db8::7]:1", .to = "[" VIP6 "]:80", .tos = 0xb8}},
	{"IPv6 with extension headers",
	 {UDP, .from = "[2001:db8::7]:1", .to = "[" VIP6 "]:80", .extensions = "HD", .flow = 77}},
	{"IPv6 large", {TCP, .from = "[2001:db8::7]:1", .to = "[" VIP6 "]:80", .payload = 8000}},
	{"padded", {UDP, .from = CLIENT, .to = VIP ":53", .pad = 9}},
};

const struct backend_part backend_tags[] = {
	{"untagged"},
	{"802.1Q", {.vlan = SET(0x6007)}},
	{"QinQ", {.vlan = AD(100), .vlan_inner = SET(200)}},
};

const size_t backend_outers_count = ARRAY_SIZE(backend_outers);
const size_t backend_inners_count = ARRAY_SIZE(backend_inners);
const size_t backend_tags_count = ARRAY_SIZE(backend_tags);

struct frame backend_frame(size_t outer, size_t inner, size_t tags)
{
	struct frame frame = frame_change(&backend_inners[inner].frame, &backend_tags[tags].frame);

	frame.outer = &backend_outers[outer].frame;
	return frame;
}

/* --- the program --- */

void backend_open(struct backend *ret)
{
	static const char *const vips[] = {VIP, VIP6};
	static const char *const directors[] = {DIRECTOR, BACKEND_PREFIX, DIRECTOR6};
	struct ip_addr vip[ARRAY_SIZE(vips)];
	struct ip_prefix director[ARRAY_SIZE(directors)];
	struct decap_wish wish = {vip, director, &ret->in0, ARRAY_SIZE(vip), ARRAY_SIZE(director),
				  1};
	struct error error = {};

	world_isolate();
	world_ip("link add in0 type veth peer name in0p\nlink set in0 up\n");
	ret->in0 = if_nametoindex("in0");
	for (size_t i = 0; i < ARRAY_SIZE(vips); i++)
		ip_addr_parse(vips[i], &vip[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(directors); i++)
		ip_prefix_parse(directors[i], &director[i], NULL);
	if (decap_apply(PIN_DIR, &wish, &error))
		errx(1, "decap_apply: %s", error.text);
	ret->program = decap_program(PIN_DIR, ret->in0);
	if (ret->program < 0)
		err(1, "decap_program");
}

void backend_close(struct backend *backend)
{
	close(backend->program);
}

void backend_look(const struct backend *backend, struct decap_view *ret)
{
	struct error error = {};
	struct ip_addr vip;

	ip_addr_parse(VIP, &vip, NULL);
	if (decap_look(PIN_DIR, backend->in0, &vip, ret, &error))
		errx(1, "decap_look: %s", error.text);
}

int backend_run(const struct backend *backend, const uint8_t *frame, size_t length,
		uint8_t ret[static FRAME_MAX], size_t *ret_length)
{
	struct xdp_md context = {.data_end = length, .ingress_ifindex = backend->in0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = length,
		    .data_out = ret, .data_size_out = FRAME_MAX, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);

	if (bpf_prog_test_run_opts(backend->program, &opts) < 0)
		err(1, "BPF_PROG_TEST_RUN with %zu bytes", length);
	*ret_length = opts.data_size_out;
	return opts.retval;
}
