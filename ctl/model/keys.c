/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.c - the schema tables: every key of settings, service, backend and check. */
#include <errno.h>
#include <stddef.h>

#include "model/model.h"

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
static const char *const admin_names[] = {
	[ADMIN_ENABLED] = "enabled", [ADMIN_DRAIN] = "drain", [ADMIN_DISABLED] = "disabled"};
static const char *const override_names[] = {[ADMIN_NO_OVERRIDE] = "none",
					     [ADMIN_ENABLED] = "enabled",
					     [ADMIN_DRAIN] = "drain",
					     [ADMIN_DISABLED] = "disabled"};

static int check_prime(const char *text, uint64_t value, struct error *err)
{
	for (uint64_t d = 2; d * d <= value; d++)
		if (value % d == 0)
			return error_set(err, -EINVAL,
					 "'%s' is not a prime number; expected one like 251, "
					 "4093, 16381 or 65537",
					 text);
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
	{KEY(settings, seed), .type = SCHEMA_SEED, .flags = SCHEMA_FIXED, .arg = "HEX",
	 .help = "directors with the same seed and services send a client to the same backend"},
	{KEY(settings, slots_max), .type = SCHEMA_NUMBER, .flags = SCHEMA_FIXED, .min = 16384,
	 .max = 268435456, .fallback = "4194304", .arg = "N",
	 .help = "slots of all services together, 4 bytes each"},
	{KEY(settings, backends_max), .type = SCHEMA_NUMBER, .flags = SCHEMA_FIXED, .min = 1024,
	 .max = 4194304, .fallback = "65536", .arg = "N",
	 .help = "room for backends of all services together, 64 bytes each and 40 a CPU"},
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

_Static_assert(ARRAY_SIZE(check_names) == CHECK_KIND_COUNT, "a name for each kind of check");
