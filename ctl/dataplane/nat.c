// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nat.c - nat4, the way back: (backend, port, protocol) -> what the client knows it as. It follows
 * from the services and their backends, and is made anew from them when the maps are adopted.
 */
#include "dataplane/internal.h"

#include <arpa/inet.h>
#include <errno.h>

static struct shunt_nat nat_entry(const struct dataplane_service *service, uint16_t number,
				  const struct shunt_backend *backend)
{
	return (struct shunt_nat){
		.key = {backend->addr4, backend->port, service->entry.key.protocol, 0},
		.vip = service->entry.key.addr,
		.port = service->entry.key.port,
		.backend = service->entry.backend_base + number,
	};
}

static bool nat_get(const struct dataplane *dp, const struct shunt_tuple4_key *key,
		    struct shunt_nat *ret)
{
	const struct shunt_place *place = table_get(&dp->nat4, tuple4_word(key));

	if (place)
		memcpy(ret, place, sizeof(*ret));
	return place;
}

/* The program looks only when there is something to find. */
static void nat_count(struct dataplane *dp)
{
	__atomic_store_n(&dp->meta->nat_entries, dp->nat4.used, __ATOMIC_RELEASE);
}

static int nat_put(struct dataplane *dp, const struct shunt_nat *entry)
{
	struct shunt_place place;
	int r;

	memcpy(&place, entry, sizeof(place));
	r = table_put(&dp->nat4, &place);
	nat_count(dp);
	return r;
}

static void nat_remove(struct dataplane *dp, uint64_t key)
{
	uint32_t place;

	if (table_remove(&dp->nat4, key, &place) == 0)
		retire_place(dp, &dp->nat4, place);
	nat_count(dp);
}

static int nat_taken(const struct shunt_nat *by, struct error *err)
{
	char backend[INET_ADDRSTRLEN], vip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &by->key.addr, backend, sizeof(backend));
	inet_ntop(AF_INET, &by->vip, vip, sizeof(vip));
	return error_set(err, -EEXIST,
			 "backend %s:%u: the nat service at %s:%u has it already; answers could "
			 "not be told apart",
			 backend, ntohs(by->key.port), vip, ntohs(by->port));
}

int nat_claim(struct dataplane_service *service, uint16_t number,
	      const struct shunt_backend *backend, struct error *err)
{
	struct shunt_nat entry = nat_entry(service, number, backend), old;
	int r;

	if (nat_get(service->dp, &entry.key, &old) &&
	    (old.vip != entry.vip || old.port != entry.port))
		return nat_taken(&old, err);
	r = nat_put(service->dp, &entry);
	if (r < 0)
		return error_set(err, r, "map nat4: no place within %d of where a backend belongs",
				 SHUNT_TABLE_PROBES);
	return 0;
}

void nat_release(struct dataplane_service *service, const struct shunt_backend *backend)
{
	struct shunt_nat entry = nat_entry(service, 0, backend);

	nat_remove(service->dp, tuple4_word(&entry.key));
}

static void nat_move_one(uint16_t number, const struct shunt_backend *backend, void *arg)
{
	struct dataplane_service *service = arg;
	struct shunt_nat entry = nat_entry(service, number, backend);

	if (backend->forward == SHUNT_FORWARD_NAT)
		nat_put(service->dp, &entry); /* it is there: cannot fail */
}

void nat_move(struct dataplane_service *service)
{
	dataplane_backends(service, nat_move_one, service);
}

/* --- adoption --- */

static const struct dataplane_service *nat_owner(struct dataplane *dp,
						 const struct shunt_nat *entry)
{
	struct shunt_tuple4_key key = {entry->vip, entry->port, entry->key.protocol, 0};
	struct dataplane_service *service;

	HASH_FIND(by_key, dp->services, &key, sizeof(key), service);
	return service;
}

/* Does a backend in use have this way back? */
static bool nat_is_wanted(struct dataplane *dp, const struct shunt_nat *entry)
{
	const struct dataplane_service *service = nat_owner(dp, entry);
	struct shunt_backend backend;

	if (!service)
		return false;
	for (uint32_t number = 1; number < service->entry.backend_cap; number++)
		if (dataplane_backend_read(service, number, &backend) &&
		    backend.forward == SHUNT_FORWARD_NAT && backend.addr4 == entry->key.addr &&
		    backend.port == entry->key.port)
			return true;
	return false;
}

/* Left behind by a daemon that was killed while it removed a backend or a service. */
static void nat_remove_unwanted(struct dataplane *dp)
{
	const struct shunt_place *place;
	uint32_t at = 0;

	while ((place = table_next(&dp->nat4, &at))) {
		struct shunt_nat entry;

		memcpy(&entry, place, sizeof(entry));
		if (!nat_is_wanted(dp, &entry))
			nat_remove(dp, place->key);
	}
	nat_count(dp);
}

void nat_adopt(struct dataplane *dp)
{
	struct dataplane_service *service, *tmp;

	nat_remove_unwanted(dp);
	HASH_ITER (by_key, dp->services, service, tmp)
		nat_move(service); /* its range may have moved, its ways back not yet */
}
