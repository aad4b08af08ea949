/* SPDX-License-Identifier: GPL-2.0-or-later */
/* models.h - for tests: what an error must say, and models full of random wishes. */
#ifndef UNIT_MODELS_H
#define UNIT_MODELS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "model/diff.h"
#include "model/model.h"
#include "shunt/hash.h"

DEFINE_CLEANUP(json_t *, json_decref)

/* @r is @code and the error says @part, in one line. */
static inline void models_assert_error(const char *what, int r, int code, const struct error *err,
				       const char *part)
{
	if (r != code || err->code != code || !strstr(err->text, part) || strchr(err->text, '\n'))
		fail_msg("%s: %d '%s', expected %d and '%s'", what, r, err->text, code, part);
}

/* Nothing differs; prints what does. */
static inline void models_assert_same(const struct model *a, const struct model *b,
				      const char *what)
{
	_cleanup_(json_decref) json_t *changes = model_diff(a, b);
	_cleanup_free_ char *text = json_dumps(changes, 0);

	if (json_array_size(changes))
		fail_msg("%s: %s", what, text);
}

/* --- random models: valid, with every kind of value somewhere --- */

static inline uint32_t models_random(__u64 *seed, uint32_t below)
{
	return (uint32_t)(shunt_splitmix64(seed) % below);
}

/* A text that schema_set() takes for @key. */
static inline void models_random_text(__u64 *seed, const struct schema_key *key, char *ret,
				      size_t size)
{
	static const char *const texts[] = {"plain",
					    "a \"b\" 'c'",
					    "back\\slash \\n \\x41",
					    "${HOME} $5",
					    "{ } = # // /* */ ,",
					    "Größe ≥ 3",
					    "trailing \\",
					    ""};
	static const char *const lists[] = {"eth0", "eth0,eth1", "wan,lan,eth0.12", ""};
	static const char *const sources[] = {"10.255.0.0/16", "192.0.2.201/32,2001:db8:2::/112",
					      "2001:db8:2::1", ""};
	static const char *const pools[] = {"192.0.2.200,2001:db8:2::200",
					    "2001:db8:2::1,192.0.2.201, 2001:db8:2::2", ""};
	static const uint32_t primes[] = {251, 4093, 16381, 65537};
	uint64_t span = key->max - key->min + 1;
	size_t choice;

	switch (key->type) {
	case SCHEMA_BOOL:
		snprintf(ret, size, "%s", models_random(seed, 2) ? "yes" : "false");
		break;
	case SCHEMA_NUMBER:
		snprintf(ret, size, "%u",
			 key->check ? primes[models_random(seed, ARRAY_SIZE(primes))]
				    : (uint32_t)(key->min + shunt_splitmix64(seed) % span));
		break;
	case SCHEMA_DURATION:
		snprintf(ret, size, "%ums", (uint32_t)(key->min + shunt_splitmix64(seed) % span));
		break;
	case SCHEMA_ENUM:
		do
			choice = models_random(seed, (uint32_t)key->names_count);
		while (!key->names[choice]);
		snprintf(ret, size, "%s", key->names[choice]);
		break;
	case SCHEMA_STRING:
		snprintf(ret, size, "%s", texts[models_random(seed, ARRAY_SIZE(texts))]);
		break;
	case SCHEMA_STRINGS:
		snprintf(ret, size, "%s", lists[models_random(seed, ARRAY_SIZE(lists))]);
		break;
	case SCHEMA_PREFIXES:
		snprintf(ret, size, "%s",
			 key->max == 2 ? sources[models_random(seed, ARRAY_SIZE(sources))]
				       : pools[models_random(seed, ARRAY_SIZE(pools))]);
		break;
	case SCHEMA_PORTS:
		snprintf(ret, size, "%u-%u", 1024 + models_random(seed, 5000),
			 6024 + models_random(seed, 5000));
		break;
	case SCHEMA_CHOICE:
		choice = models_random(seed, (uint32_t)key->names_count + 3);
		if (choice < key->names_count)
			snprintf(ret, size, "%s", key->names[choice]);
		else
			snprintf(ret, size, "%u",
				 (uint32_t)(key->min + shunt_splitmix64(seed) % span));
		break;
	case SCHEMA_SEED:
		snprintf(ret, size, "%llx", (unsigned long long)shunt_splitmix64(seed) | 1);
		break;
	case SCHEMA_VIP:
		fail_msg("%s: addresses are not left to chance", key->name);
	}
}

static inline void models_random_keys(__u64 *seed, const struct schema *schema, void *object)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		char text[256];
		struct error err = {};

		if (key->type == SCHEMA_VIP || models_random(seed, 2))
			continue;
		models_random_text(seed, key, text, sizeof(text));
		if (schema_set(schema, object, key, text, &err))
			fail_msg("%s", err.text);
	}
}

/* A backend's ADDR[:PORT]. Both of its numbers keep addresses apart. */
static inline void models_random_address(__u64 *seed, const struct service *service, int forward,
					 unsigned int number, uint32_t i, char ret[static 64])
{
	bool tunnel = forward == SHUNT_FORWARD_IPIP || forward == SHUNT_FORWARD_GUE;
	bool v6 = service->address.at.addr.family == AF_INET6;
	bool port = service->address.at.port && !forward_keeps_port(forward);
	char addr[48];

	if (tunnel)
		v6 = models_random(seed, 2);
	snprintf(addr, sizeof(addr), v6 ? "2001:db8:1::%x:%x" : "10.1.%u.%u", number, i);
	if (port)
		snprintf(ret, 64, v6 ? "[%s]:%u" : "%s:%u", addr, 1 + models_random(seed, 65535));
	else
		snprintf(ret, 64, "%s", addr);
}

/* What does not fit the rest of the service is not set. */
static inline void models_fit_keys(struct service *service)
{
	bool tcp = service->address.protocol == IPPROTO_TCP;

	if (!tcp)
		schema_reset(&service_schema, service, schema_find(&service_schema, "mss"));
	if (!tcp || !service_forwards_by(service, SHUNT_FORWARD_FULLNAT))
		schema_reset(&service_schema, service, schema_find(&service_schema, "toa"));
}

/* @number keeps addresses apart, @modes is how many forward modes there are to choose from. */
static inline void models_random_parts(__u64 *seed, struct service *service, unsigned int number,
				       uint32_t modes)
{
	static const char *const checks[] = {"tcp", "none"};
	const struct schema_key *forward = schema_find(&backend_schema, "forward");

	for (uint32_t i = models_random(seed, 3); i > 0; i--) {
		struct check *check;

		assert_int_equal(service_add_check(service, checks[i - 1], &check, NULL), 0);
		models_random_keys(seed, &check_schema, check);
	}
	for (uint32_t i = models_random(seed, 6); i > 0; i--) {
		int own = models_random(seed, 2) ? (int)models_random(seed, modes + 1) : 0;
		struct backend *backend;
		char at[64];

		models_random_address(seed, service, own ? own : service->forward, number, i, at);
		assert_int_equal(service_add_backend(service, at, &backend, NULL), 0);
		models_random_keys(seed, &backend_schema, backend);
		schema_reset(&backend_schema, backend, forward);
		if (own || models_random(seed, 2))
			schema_set(&backend_schema, backend, forward, forward->names[own], NULL);
	}
}

/* tcp or udp, IPv4 or IPv6, a port or every one. */
static inline void models_random_vip(__u64 *seed, unsigned int number, char *ret, size_t size)
{
	const char *protocol = models_random(seed, 2) ? "tcp" : "udp";
	char port[8] = "*";

	if (models_random(seed, 4))
		snprintf(port, sizeof(port), "%u", 1 + models_random(seed, 65535));
	snprintf(ret, size, models_random(seed, 2) ? "%s:192.0.2.%u:%s" : "%s:[2001:db8::%x]:%s",
		 protocol, number, port);
}

/* What a service on every port needs of its checks. */
static inline void models_fit_checks(struct service *service)
{
	const struct schema_key *port = schema_find(&check_schema, "port");
	struct check *check;

	if (!service->checks_count && !service->address.at.port)
		service_add_check(service, "none", &check, NULL);
	for (size_t i = 0; i < service->checks_count; i++)
		if (!service->address.at.port && !service->checks[i].port)
			schema_set(&check_schema, &service->checks[i], port, "7", NULL);
}

/* The pool has to fit. */
static inline void models_fit_settings(struct settings *settings)
{
	const struct port_range *ports = &settings->fullnat_ports;
	size_t needed = 2 * settings->fullnat_pool.n * (ports->high - ports->low + 1u);
	char text[32];

	if (needed <= settings->ports_max)
		return;
	snprintf(text, sizeof(text), "%zu", needed);
	schema_set(&settings_schema, settings, schema_find(&settings_schema, "ports_max"), text,
		   NULL);
}

static inline struct model *models_random_model(__u64 *seed)
{
	const struct schema_key *address = schema_find(&service_schema, "address");
	const struct schema_key *forward = schema_find(&service_schema, "forward");
	struct model *model = model_new();
	uint32_t modes = SHUNT_FORWARD_FULLNAT;
	char text[64];

	models_random_keys(seed, &settings_schema, &model->settings);
	models_fit_settings(&model->settings);
	if (!model->settings.fullnat_pool.n)
		modes--;
	for (unsigned int n = models_random(seed, 5); n > 0; n--) {
		struct service *service;

		snprintf(text, sizeof(text), "s%u.%u_x-y", n, models_random(seed, 1000));
		assert_int_equal(service_new(text, &service, NULL), 0);
		models_random_keys(seed, &service_schema, service);
		if ((uint32_t)service->forward > modes)
			schema_reset(&service_schema, service, forward);
		models_random_vip(seed, n, text, sizeof(text));
		assert_int_equal(schema_set(&service_schema, service, address, text, NULL), 0);
		models_random_parts(seed, service, n, modes);
		models_fit_keys(service);
		models_fit_checks(service);
		service_complete(service);
		model_put(model, service);
	}
	return model;
}

#endif
