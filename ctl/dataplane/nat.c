// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nat.c - nat4, the way back: (backend, port, protocol) -> what the client knows it as. It follows
 * from the services and their backends, and is made anew from them when the maps are adopted.
 */
#include "dataplane/internal.h"

#include <arpa/inet.h>
#include <errno.h>

static struct shunt_tuple4_key nat_key(const struct dataplane_service *service,
				       const struct shunt_backend *entry)
{
	return (struct shunt_tuple4_key){
		.addr = entry->addr4,
		.port = entry->port,
		.protocol = service->key.protocol,
	};
}

static struct shunt_nat nat_value(const struct dataplane_service *service, uint16_t number)
{
	return (struct shunt_nat){
		.vip = service->key.addr,
		.port = service->key.port,
		.backend = service->entry.backend_base + number,
	};
}

static bool nat_same_service(const struct shunt_nat *a, const struct shunt_nat *b)
{
	return a->vip == b->vip && a->port == b->port;
}

static int nat_taken(const struct shunt_tuple4_key *key, const struct shunt_nat *by,
		     struct error *err)
{
	char backend[INET_ADDRSTRLEN], vip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &key->addr, backend, sizeof(backend));
	inet_ntop(AF_INET, &by->vip, vip, sizeof(vip));
	return error_set(err, -EEXIST,
			 "backend %s:%u: the nat service at %s:%u has it already; answers could "
			 "not be told apart",
			 backend, ntohs(key->port), vip, ntohs(by->port));
}

/* The program looks only when there is something to find. */
static void nat_count(struct dataplane *dp, int change)
{
	__atomic_store_n(&dp->meta->nat_entries, dp->meta->nat_entries + change, __ATOMIC_RELEASE);
}

int nat_claim(struct dataplane_service *service, uint16_t number, const struct shunt_backend *entry,
	      struct error *err)
{
	struct dataplane *dp = service->dp;
	struct shunt_tuple4_key key = nat_key(service, entry);
	struct shunt_nat value = nat_value(service, number), old;
	bool new = bpf_map_lookup_elem(dp->elements[ELEMENT_NAT4].fd, &key, &old) < 0;
	int r;

	if (!new && !nat_same_service(&old, &value))
		return nat_taken(&key, &old, err);
	if (!new &&old.backend == value.backend)
		return 0;
	if (new)
		nat_count(dp, 1);
	r = element_put(dp, ELEMENT_NAT4, service->id, &key, &value);
	if (r < 0 && new)
		nat_count(dp, -1);
	if (r < 0)
		return error_set(err, r, "cannot write the way back of a nat backend: %s",
				 strerror(-r));
	return 0;
}

void nat_release(struct dataplane_service *service, const struct shunt_backend *entry)
{
	struct shunt_tuple4_key key = nat_key(service, entry);

	if (element_remove(service->dp, ELEMENT_NAT4, service->id, &key) == 0)
		nat_count(service->dp, -1);
}

int nat_move(struct dataplane_service *service, struct error *err)
{
	struct shunt_backend entry;

	for (uint32_t number = 1; number < service->entry.backend_cap; number++) {
		int r;

		if (!dataplane_backend_read(service, number, &entry) ||
		    entry.forward != SHUNT_FORWARD_NAT)
			continue;
		r = nat_claim(service, number, &entry, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- adoption --- */

static const struct dataplane_service *nat_owner(struct dataplane *dp,
						 const struct shunt_tuple4_key *key,
						 const struct shunt_nat *value)
{
	struct shunt_tuple4_key service_key = {
		.addr = value->vip, .port = value->port, .protocol = key->protocol};
	struct dataplane_service *service;

	HASH_FIND(by_key, dp->services, &service_key, sizeof(service_key), service);
	return service;
}

/* Does a backend in use have this way back? */
static bool nat_is_wanted(struct dataplane *dp, const struct shunt_tuple4_key *key,
			  const struct shunt_nat *value)
{
	const struct dataplane_service *service = nat_owner(dp, key, value);
	struct shunt_backend entry;

	if (!service)
		return false;
	for (uint32_t number = 1; number < service->entry.backend_cap; number++)
		if (dataplane_backend_read(service, number, &entry) &&
		    entry.forward == SHUNT_FORWARD_NAT && entry.addr4 == key->addr &&
		    entry.port == key->port)
			return true;
	return false;
}

/* Left behind by a daemon that was killed while it removed a backend or a service. */
static uint32_t nat_remove_unwanted(struct dataplane *dp)
{
	int fd = dp->elements[ELEMENT_NAT4].fd;
	struct shunt_tuple4_key key, next, *from = NULL;
	uint32_t kept = 0;
	bool more;

	more = bpf_map_get_next_key(fd, from, &key) == 0;
	while (more) {
		struct shunt_nat value;

		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		if (bpf_map_lookup_elem(fd, &key, &value) == 0 && nat_is_wanted(dp, &key, &value))
			kept++;
		else
			bpf_map_delete_elem(fd, &key);
		key = next;
	}
	return kept;
}

int nat_adopt(struct dataplane *dp, struct error *err)
{
	struct dataplane_service *service, *tmp;

	__atomic_store_n(&dp->meta->nat_entries, nat_remove_unwanted(dp), __ATOMIC_RELEASE);
	HASH_ITER (by_key, dp->services, service, tmp) {
		int r = nat_move(service, err); /* a range may have moved, its way back not yet */

		if (r < 0)
			return r;
	}
	return 0;
}
