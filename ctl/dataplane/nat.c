// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nat.c - nat4 and nat6, the way back: (backend, port, protocol) -> what the client knows it as. It
 * follows from the services and their backends, and is made anew from them when the maps are
 * adopted.
 */
#include "dataplane/internal.h"

#include <arpa/inet.h>
#include <errno.h>

struct way {
	struct place_key key;
	struct endpoint vip; /* port 0: every port, each stays as it is */
	uint16_t mss;
	uint32_t backend;
};

static struct way way_of(const struct dataplane_service *service, uint16_t number,
			 const struct shunt_backend *backend)
{
	const struct endpoint at = shunt_backend_endpoint(backend);
	const struct vip vip = place_key_vip(&service->key);

	return (struct way){
		.key = place_key(&at.addr, at.port, vip.protocol),
		.vip = vip.at,
		.mss = service->entry.mss,
		.backend = service->entry.backend_base + number,
	};
}

static void way_to_place(const struct way *way, uint64_t ret[static SHUNT_PLACE6_WORDS])
{
	struct shunt_nat4 four = {
		.vip = way->vip.addr.v4.s_addr,
		.port = htons(way->vip.port),
		.mss = way->mss,
		.backend = way->backend,
	};
	struct shunt_nat6 six = {
		.vip = shunt_addr_of(&way->vip.addr),
		.port = htons(way->vip.port),
		.mss = way->mss,
		.backend = way->backend,
	};

	memcpy(&four.key, way->key.words, sizeof(four.key));
	memcpy(&six.key, way->key.words, sizeof(six.key));
	if (way->key.v6)
		memcpy(ret, &six, sizeof(six));
	else
		memcpy(ret, &four, sizeof(four));
}

static struct way way_from_place(bool v6, const uint64_t *place)
{
	struct shunt_addr vip = {};
	struct shunt_nat4 four;
	struct shunt_nat6 six;
	struct way way = {.key = place_key_read(v6, place)};

	if (v6) {
		memcpy(&six, place, sizeof(six));
		vip = six.vip;
		way.vip.port = ntohs(six.port);
		way.backend = six.backend;
	} else {
		memcpy(&four, place, sizeof(four));
		vip.word[0] = four.vip;
		way.vip.port = ntohs(four.port);
		way.backend = four.backend;
	}
	way.vip.addr = shunt_addr_read(&vip, v6);
	return way;
}

/* The program looks only when there is something to find. */
static void nat_count(struct dataplane *dp)
{
	__atomic_store_n(&dp->meta->nat_every_port, dp->nat_every_port, __ATOMIC_RELEASE);
	__atomic_store_n(&dp->meta->nat_entries, dp->nat[0].used + dp->nat[1].used,
			 __ATOMIC_RELEASE);
}

static int nat_put(struct dataplane *dp, const struct way *way)
{
	struct table *table = &dp->nat[way->key.v6];
	bool new = !table_get(table, way->key.words);
	uint64_t place[SHUNT_PLACE6_WORDS];
	int r;

	way_to_place(way, place);
	r = table_put(table, place);
	if (r == 0 && new && !place_key_port(&way->key))
		dp->nat_every_port++;
	nat_count(dp);
	return r;
}

static void nat_remove(struct dataplane *dp, const struct place_key *key)
{
	struct table *table = &dp->nat[key->v6];
	uint32_t place;

	if (table_remove(table, key->words, &place) < 0)
		return;
	retire_place(dp, table, place);
	if (!place_key_port(key))
		dp->nat_every_port--;
	nat_count(dp);
}

static int nat_taken(const struct way *by, struct error *err)
{
	const struct vip backend = place_key_vip(&by->key);
	char backend_text[ENDPOINT_LEN], vip_text[ENDPOINT_LEN];

	return error_set(err, -EEXIST,
			 "backend %s: the nat service at %s has it already; answers could "
			 "not be told apart",
			 endpoint_format(&backend.at, backend_text),
			 endpoint_format(&by->vip, vip_text));
}

int nat_claim(struct dataplane_service *service, uint16_t number,
	      const struct shunt_backend *backend, struct error *err)
{
	const struct way way = way_of(service, number, backend);
	struct dataplane *dp = service->dp;
	const uint64_t *place = table_get(&dp->nat[way.key.v6], way.key.words);
	struct way old;
	int r;

	if (place) {
		old = way_from_place(way.key.v6, place);
		if (endpoint_compare(&old.vip, &way.vip) != 0)
			return nat_taken(&old, err);
	}
	r = nat_put(dp, &way);
	if (r < 0)
		return error_set(err, r, "map nat%d: no place within %d of where a backend belongs",
				 way.key.v6 ? 6 : 4, SHUNT_TABLE_PROBES);
	return 0;
}

void nat_release(struct dataplane_service *service, const struct shunt_backend *backend)
{
	const struct way way = way_of(service, 0, backend);

	nat_remove(service->dp, &way.key);
}

static void nat_move_one(uint16_t number, const struct shunt_backend *backend, void *arg)
{
	struct dataplane_service *service = arg;
	const struct way way = way_of(service, number, backend);

	if (backend->forward == SHUNT_FORWARD_NAT)
		nat_put(service->dp, &way); /* it is there: cannot fail */
}

void nat_move(struct dataplane_service *service)
{
	dataplane_backends(service, nat_move_one, service);
}

/* --- adoption --- */

static const struct dataplane_service *nat_owner(struct dataplane *dp, const struct way *way)
{
	struct place_key key =
		place_key(&way->vip.addr, way->vip.port, place_key_protocol(&way->key));
	struct dataplane_service *service;

	HASH_FIND(by_key, dp->services_by_key, &key, sizeof(key), service);
	return service;
}

/* Does a backend in use have this way back? */
static bool nat_is_wanted(struct dataplane *dp, const struct way *way)
{
	const struct dataplane_service *service = nat_owner(dp, way);
	const struct vip wanted = place_key_vip(&way->key);
	struct shunt_backend backend;

	if (!service)
		return false;
	for (uint32_t number = 1; number < service->entry.backend_cap; number++) {
		struct endpoint at;

		if (!dataplane_backend_read(service, number, &backend) ||
		    backend.forward != SHUNT_FORWARD_NAT)
			continue;
		at = shunt_backend_endpoint(&backend);
		if (endpoint_compare(&at, &wanted.at) == 0)
			return true;
	}
	return false;
}

/* Left behind by a daemon that was killed while it removed a backend or a service. */
static void nat_remove_unwanted(struct dataplane *dp, bool v6)
{
	const uint64_t *place;
	uint32_t at = 0;

	while ((place = table_next(&dp->nat[v6], &at))) {
		const struct way way = way_from_place(v6, place);

		dp->nat_every_port += !place_key_port(&way.key);
		if (!nat_is_wanted(dp, &way))
			nat_remove(dp, &way.key);
	}
}

void nat_adopt(struct dataplane *dp)
{
	struct dataplane_service *service, *tmp;

	nat_remove_unwanted(dp, false);
	nat_remove_unwanted(dp, true);
	nat_count(dp);
	HASH_ITER (by_key, dp->services_by_key, service, tmp)
		nat_move(service); /* its range may have moved, its ways back not yet */
}
