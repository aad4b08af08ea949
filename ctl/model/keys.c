/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.c - the schema tables: every key of settings, service, backend and check. */
#include <errno.h>
#include <stddef.h>

#include "model/model.h"
#include "model/realserver.h"

#define KEY(object, member) .name = #member, .offset = offsetof(struct object, member)
#define NAMES(list)         .names = list, .names_count = ARRAY_SIZE(list)

static const char *const scheduler_names[] = {[SCHEDULER_MAGLEV] = "maglev"};
static const char *const unmatched_names[] = {[UNMATCHED_PASS] = "pass", [UNMATCHED_DROP] = "drop"};
static const char *const announce_names[] = {[ANNOUNCE_NONE] = "none", [ANNOUNCE_AUTO] = "auto"};
static const char *const check_names[] = {[CHECK_NONE] = "none", [CHECK_TCP] = "tcp"};
#define FORWARD_NAMES                                                                              \
	[SHUNT_FORWARD_DR] = "dr", [SHUNT_FORWARD_NAT] = "nat", [SHUNT_FORWARD_IPIP] = "ipip",     \
	[SHUNT_FORWARD_GUE] = "gue", [SHUNT_FORWARD_FULLNAT] = "fullnat"
#define FORWARD_ARG "dr|nat|ipip|gue|fullnat"
static const char *const forward_names[] = {FORWARD_NAMES};
static const char *const backend_forward_names[] = {[FORWARD_OF_SERVICE] = "service",
						    FORWARD_NAMES};
static const char *const mss_names[] = {[MSS_OFF] = "off", [MSS_AUTO] = "auto"};
static const char *const admin_names[] = {
	[ADMIN_ENABLED] = "enabled", [ADMIN_DRAIN] = "drain", [ADMIN_DISABLED] = "disabled"};
static const char *const override_names[] = {[ADMIN_NO_OVERRIDE] = "none",
					     [ADMIN_ENABLED] = "enabled",
					     [ADMIN_DRAIN] = "drain",
					     [ADMIN_DISABLED] = "disabled"};

static int check_prime(const char *text, const void *at, struct error *err)
{
	uint32_t value = *(const uint32_t *)at;

	for (uint32_t d = 2; d <= value / d; d++)
		if (value % d == 0)
			return error_set(err, -EINVAL,
					 "'%s' is not a prime number; expected one like 251, "
					 "4093, 16381 or 65537",
					 text);
	return 0;
}

/* One a family, and no more hashed bits than a backend's entry can say. */
static int check_sources(const char *text, const void *at, struct error *err)
{
	const struct prefixes *list = at;
	int families[2] = {0, 0};

	for (size_t i = 0; i < list->n; i++) {
		const struct ip_prefix *prefix = &list->v[i];
		int r = ip_addr_validate(&prefix->addr, "source", err);

		if (r)
			return r;
		if (families[prefix->addr.family == AF_INET6]++)
			return error_set(err, -EINVAL,
					 "'%s' has two %s addresses; expected at most one of each "
					 "family",
					 text, ip_family_name(prefix->addr.family));
		if (ip_prefix_free_bits(prefix) > MODEL_SOURCE_BITS_MAX)
			return error_set(err, -EINVAL,
					 "'%s' leaves %u bits to the hash; expected at most %d (a "
					 "prefix of /%u or longer)",
					 text, ip_prefix_free_bits(prefix), MODEL_SOURCE_BITS_MAX,
					 prefix->length + ip_prefix_free_bits(prefix) -
						 MODEL_SOURCE_BITS_MAX);
	}
	return 0;
}

static int check_pool(const char *text, const void *at, struct error *err)
{
	const struct prefixes *list = at;

	for (size_t i = 0; i < list->n; i++) {
		char one[IP_PREFIX_LEN];
		int r = ip_addr_validate(&list->v[i].addr, "pool address", err);

		if (r)
			return r;
		ip_prefix_format(&list->v[i], one);
		if (ip_prefix_free_bits(&list->v[i]))
			return error_set(err, -EINVAL, "'%s' is a prefix; expected addresses", one);
		for (size_t j = 0; j < i; j++)
			if (ip_prefix_compare(&list->v[i], &list->v[j]) == 0)
				return error_set(err, -EINVAL, "'%s' has %s twice", text, one);
	}
	return 0;
}

static const struct schema_key settings_keys[] = {
	{KEY(settings, interfaces), .type = SCHEMA_STRINGS, .max = 15, .arg = "IF[,IF]...",
	 .help = "interfaces to attach to"},
	{KEY(settings, unmatched), .type = SCHEMA_ENUM, NAMES(unmatched_names), .fallback = "pass",
	 .arg = "pass|drop", .help = "what happens to a packet for a VIP but for no service"},
	{KEY(settings, announce), .type = SCHEMA_ENUM, NAMES(announce_names), .fallback = "none",
	 .arg = "none|auto",
	 .help = "auto: put the VIPs on the director after probing that nobody else has them"},
	{KEY(settings, tunnel_source), .type = SCHEMA_PREFIXES, .max = 2,
	 .arg = "ADDRESS[/LENGTH][,...]", .check = check_sources,
	 .help = "source of ipip and gue packets, one a family; bits beyond LENGTH from the flow's "
		 "hash"},
	{KEY(settings, fullnat_pool), .type = SCHEMA_PREFIXES, .max = MODEL_POOL_MAX,
	 .arg = "ADDRESS[,ADDRESS]...", .check = check_pool,
	 .help = "addresses of the director that fullnat takes as source"},
	{KEY(settings, fullnat_ports), .type = SCHEMA_PORTS, .min = 1024, .max = 65535,
	 .fallback = MODEL_FULLNAT_PORTS, .arg = "LOW-HIGH",
	 .help = "ports of the pool's addresses that fullnat takes as source"},
	{KEY(settings, seed), .type = SCHEMA_SEED, .flags = SCHEMA_FIXED, .arg = "HEX",
	 .help = "directors with the same seed and services send a client to the same backend"},
	{KEY(settings, slots_max), .type = SCHEMA_NUMBER, .flags = SCHEMA_FIXED, .min = 16384,
	 .max = 268435456, .fallback = "4194304", .arg = "N",
	 .help = "slots of all services together, 4 bytes each"},
	{KEY(settings, backends_max), .type = SCHEMA_NUMBER, .flags = SCHEMA_FIXED, .min = 1024,
	 .max = 4194304, .fallback = "65536", .arg = "N",
	 .help = "room for backends of all services together, 64 bytes each and 40 a CPU"},
	{KEY(settings, ports_max), .type = SCHEMA_NUMBER, .flags = SCHEMA_FIXED, .min = 1024,
	 .max = 16777216, .fallback = "131072", .arg = "N",
	 .help = "room for ports of fullnat's pool, TCP's and UDP's of every address, 64 bytes "
		 "each"},
};

static const struct schema_key service_keys[] = {
	{KEY(service, address), .type = SCHEMA_VIP, .flags = SCHEMA_REQUIRED | SCHEMA_FIXED,
	 .arg = "ADDRESS",
	 .help = "protocol, VIP and port: tcp:192.0.2.10:80, udp:[2001:db8::10]:53; port * = "
		 "every"},
	{KEY(service, scheduler), .type = SCHEMA_ENUM, NAMES(scheduler_names), .fallback = "maglev",
	 .arg = "maglev", .help = "how a new connection gets its backend"},
	{KEY(service, forward), .type = SCHEMA_ENUM, NAMES(forward_names), .fallback = "dr",
	 .arg = FORWARD_ARG, .help = "how a packet reaches its backend"},
	{KEY(service, mss), .type = SCHEMA_CHOICE, NAMES(mss_names), .min = 536, .max = 9000,
	 .fallback = "off", .arg = "off|auto|N",
	 .help = "largest TCP segment that SYNs may announce; auto: what fits on the way to the "
		 "backend"},
	{KEY(service, toa), .type = SCHEMA_BOOL, .fallback = "false", .arg = "true|false",
	 .help = "fullnat: tell backends the client's address in a TCP option (kind 254)"},
	{KEY(service, table_size), .type = SCHEMA_NUMBER, .flags = SCHEMA_FIXED, .min = 251,
	 .max = 1048573, .fallback = "16381", .arg = "PRIME", .check = check_prime,
	 .help = "slots of the service's table: a prime, a hundred times the backends or more"},
	{KEY(service, description), .type = SCHEMA_STRING, .max = 200, .arg = "TEXT",
	 .help = "a note for people"},
};

static const struct schema_key backend_keys[] = {
	{KEY(backend, forward), .type = SCHEMA_ENUM, NAMES(backend_forward_names),
	 .fallback = "service", .arg = "service|" FORWARD_ARG,
	 .help = "how a packet reaches this backend; service = as the service says"},
	{KEY(backend, weight), .type = SCHEMA_NUMBER, .min = 0, .max = MODEL_WEIGHT_MAX,
	 .fallback = "1", .arg = "N", .help = "share of the connections; 0 = drain"},
	{KEY(backend, backup), .type = SCHEMA_BOOL, .fallback = "false", .arg = "true|false",
	 .help = "used only when no other backend is up"},
	{KEY(backend, admin), .type = SCHEMA_ENUM, NAMES(admin_names), .fallback = "enabled",
	 .arg = "enabled|drain|disabled",
	 .help = "drain: no new connections; disabled: no packets, no checks"},
	{KEY(backend, description), .type = SCHEMA_STRING, .max = 200, .arg = "TEXT",
	 .help = "a note for people"},
	{KEY(backend, override), .type = SCHEMA_ENUM, .flags = SCHEMA_STATE, NAMES(override_names),
	 .fallback = "none", .arg = "none|enabled|drain|disabled",
	 .help = "what enable, drain or disable asked for by hand; stands before admin"},
};

static const struct schema_key check_keys[] = {
	{KEY(check, kind), .type = SCHEMA_ENUM, NAMES(check_names), .fallback = "tcp",
	 .arg = "tcp|none", .help = "tcp: connect and close; none: always up"},
	{KEY(check, interval), .type = SCHEMA_DURATION, .min = 100, .max = 3600000,
	 .fallback = "2s", .arg = "TIME", .help = "from one check's start to the next"},
	{KEY(check, timeout), .type = SCHEMA_DURATION, .min = 10, .max = 600000, .fallback = "1s",
	 .arg = "TIME", .help = "a check without an answer by then has failed"},
	{KEY(check, rise), .type = SCHEMA_NUMBER, .min = 1, .max = 1000, .fallback = "2",
	 .arg = "N", .help = "successes in a row that bring a backend up"},
	{KEY(check, fall), .type = SCHEMA_NUMBER, .min = 1, .max = 1000, .fallback = "3",
	 .arg = "N", .help = "failures in a row that take a backend down"},
	{KEY(check, jitter), .type = SCHEMA_NUMBER, .min = 0, .max = 50, .fallback = "10",
	 .arg = "PERCENT", .help = "a check comes early by up to this share of the interval"},
	{KEY(check, port), .type = SCHEMA_NUMBER, .min = 0, .max = 65535, .fallback = "0",
	 .arg = "PORT", .help = "another port than the backend's; 0 = the backend's"},
};

/* check takes all, enable those from forward on, disable those from state_dir on */
static const struct schema_key realserver_keys[] = {
	{KEY(realserver, client), .type = SCHEMA_PREFIXES, .max = PREFIXES_MAX,
	 .arg = "ADDR[/LENGTH]",
	 .help = "nat: a client whose replies are to be traced; again for more"},
	{KEY(realserver, forward), .type = SCHEMA_ENUM, NAMES(forward_names), .fallback = "dr",
	 .arg = FORWARD_ARG, .help = "how the director sends the packets"},
	{KEY(realserver, dev), .type = SCHEMA_STRING, .max = IF_NAMESIZE - 1, .arg = "IF",
	 .help = "the interface that they come in by"},
	{KEY(realserver, director), .type = SCHEMA_PREFIXES, .max = PREFIXES_MAX,
	 .arg = "ADDR[/LENGTH]", .help = "an address or prefix of a director; again for more"},
	{KEY(realserver, state_dir), .type = SCHEMA_STRING, .max = 200,
	 .fallback = "/run/shunt-realserver", .arg = "DIR", .help = "what disable will undo"},
	{KEY(realserver, pin_dir), .type = SCHEMA_STRING, .max = 200,
	 .fallback = "/sys/fs/bpf/shunt-decap", .arg = "DIR",
	 .help = "where the decapsulating program is pinned"},
};
enum { REALSERVER_FORWARD = 1, REALSERVER_STATE_DIR = 4 };

#define SCHEMA(type, called)                                                                       \
	const struct schema type##_schema = {.object = #type,                                      \
					     .phrase = called,                                     \
					     .keys = type##_keys,                                  \
					     .count = ARRAY_SIZE(type##_keys),                     \
					     .set_offset = offsetof(struct type, set)}
SCHEMA(settings, "the settings");
SCHEMA(service, "a service");
SCHEMA(backend, "a backend");
SCHEMA(check, "a check");
SCHEMA(realserver, "a realserver");
const struct schema realserver_enable_schema = {
	.object = "realserver",
	.phrase = "a realserver",
	.keys = realserver_keys + REALSERVER_FORWARD,
	.count = ARRAY_SIZE(realserver_keys) - REALSERVER_FORWARD,
	.set_offset = offsetof(struct realserver, set),
};
const struct schema realserver_disable_schema = {
	.object = "realserver",
	.phrase = "a realserver",
	.keys = realserver_keys + REALSERVER_STATE_DIR,
	.count = ARRAY_SIZE(realserver_keys) - REALSERVER_STATE_DIR,
	.set_offset = offsetof(struct realserver, set),
};

_Static_assert(ARRAY_SIZE(check_names) == CHECK_KIND_COUNT, "a name for each kind of check");
