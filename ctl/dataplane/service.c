// SPDX-License-Identifier: GPL-2.0-or-later
/* service.c - the tables of services: a service's entry, its slots and its range of backends. */
#include "dataplane/internal.h"

#include <arpa/inet.h>
#include <errno.h>

#define BACKENDS_AT_FIRST 16 /* numbers a new service gets, number 0 among them */

static struct dataplane_service *service_new(struct dataplane *dp, const struct place_key *key,
					     const struct shunt_service *entry)
{
	struct dataplane_service *service = mem_zalloc(sizeof(*service));

	service->dp = dp;
	service->key = *key;
	service->entry = *entry;
	service->numbers = mem_zalloc(entry->backend_cap * sizeof(service->numbers[0]));
	HASH_ADD(by_key, dp->services_by_key, key, sizeof(service->key), service);
	return service;
}

static void service_free(struct dataplane_service *service)
{
	HASH_DELETE(by_key, service->dp->services_by_key, service);
	free(service->numbers);
	free(service);
}

void service_free_all(struct dataplane *dp)
{
	struct dataplane_service *service, *tmp;

	HASH_ITER (by_key, dp->services_by_key, service, tmp)
		service_free(service);
}

struct dataplane_service *service_for(struct dataplane *dp, const struct shunt_flow_key *flow,
				      bool every_port)
{
	const struct ip_addr vip = shunt_addr_read(&flow->vip, flow->v6);
	struct place_key key =
		place_key(&vip, every_port ? 0 : ntohs(flow->vip_port), flow->protocol);
	struct dataplane_service *service;

	HASH_FIND(by_key, dp->services_by_key, &key, sizeof(key), service);
	return service;
}

/* --- adoption --- */

static int service_adopt(struct dataplane *dp, const struct place_key *key,
			 const struct shunt_service *entry, struct error *err)
{
	struct vip address = place_key_vip(key);
	struct dataplane_service *service;
	char text[VIP_LEN];

	if (extent_reserve(&dp->slots_pool, entry->slot_base, entry->slot_count) < 0 ||
	    extent_reserve(&dp->backends_pool, entry->backend_base, entry->backend_cap) < 0)
		return error_set(err, -EUCLEAN,
				 "the pinned service %s has slots or backends that are another's "
				 "or outside of the maps; `shuntd --stop-forwarding` removes it",
				 vip_format(&address, text));
	service = service_new(dp, key, entry);
	service->published = true;
	backend_adopt_numbers(service);
	return 0;
}

struct shunt_service service_read(const struct table *table, const uint64_t *place)
{
	struct shunt_service entry;

	memcpy(&entry, place + table->shape.key_words, sizeof(entry));
	return entry;
}

static int service_adopt_family(struct dataplane *dp, bool v6, struct error *err)
{
	const uint64_t *place;
	uint32_t at = 0;

	while ((place = table_next(&dp->services[v6], &at))) {
		struct shunt_service entry = service_read(&dp->services[v6], place);
		struct place_key key = place_key_read(v6, place);
		int r;

		r = 0;
		if (entry.slot_count)
			r = service_adopt(dp, &key, &entry, err);
		else if (entry.flags & SHUNT_POOL)
			r = pool_adopt(dp, &key, &entry, err);
		else
			dp->vips_count++;
		if (r < 0)
			return r;
	}
	return 0;
}

int service_adopt_all(struct dataplane *dp, struct error *err)
{
	int r = service_adopt_family(dp, false, err);

	return r < 0 ? r : service_adopt_family(dp, true, err);
}

int service_write(struct dataplane *dp, const struct place_key *key,
		  const struct shunt_service *entry)
{
	struct table *table = &dp->services[key->v6];
	uint64_t place[SHUNT_PLACE6_WORDS] = {0};

	memcpy(place, key->words, table->shape.key_words * sizeof(place[0]));
	memcpy(place + table->shape.key_words, entry, sizeof(*entry));
	return table_put(table, place);
}

/* --- opening --- */

static int service_make(struct dataplane *dp, const struct vip *address, uint32_t table_size,
			struct dataplane_service **ret, struct error *err)
{
	struct place_key key = place_key_of_vip(address);
	struct shunt_service entry = {
		.slot_count = table_size,
		.backend_cap = BACKENDS_AT_FIRST,
	};
	char text[VIP_LEN];

	if (HASH_CNT(by_key, dp->services_by_key) >= SHUNT_SERVICES_MAX)
		return error_set(err, -ENOSPC, "service %s: there are %d already",
				 vip_format(address, text), SHUNT_SERVICES_MAX);
	if (extent_alloc(&dp->slots_pool, table_size, &entry.slot_base) < 0)
		return error_set(
			err, -ENOSPC, "service %s: no room for %u slots: slots_max is %u, %u used",
			vip_format(address, text), table_size, dp->slots_max, dp->slots_pool.used);
	if (extent_alloc(&dp->backends_pool, entry.backend_cap, &entry.backend_base) < 0) {
		extent_release(&dp->slots_pool, entry.slot_base);
		return error_set(err, -ENOSPC,
				 "service %s: no room for %u backends: backends_max is %u, %u used",
				 vip_format(address, text), entry.backend_cap, dp->backends_max,
				 dp->backends_pool.used);
	}
	*ret = service_new(dp, &key, &entry);
	for (uint32_t i = 0; i < table_size; i++)
		dataplane_slot_write(*ret, i, 0);
	backend_range_clear(dp, entry.backend_base, entry.backend_cap);
	return 0;
}

int dataplane_service_open(struct dataplane *dp, const struct vip *address, uint32_t table_size,
			   struct dataplane_service **ret, struct error *err)
{
	struct place_key key = place_key_of_vip(address);
	struct dataplane_service *service;
	char text[VIP_LEN];
	int r;

	if (!address->at.addr.family || table_size == 0)
		return error_set(err, -EINVAL,
				 "service %s: an address and at least one slot were expected",
				 vip_format(address, text));
	HASH_FIND(by_key, dp->services_by_key, &key, sizeof(key), service);
	if (service && service->entry.slot_count != table_size)
		return error_set(err, -EEXIST,
				 "service %s has %u slots, and table_size is %u now; it cannot "
				 "change while packets are forwarded: set it back, or begin anew "
				 "after shuntd --stop-forwarding (connections may break)",
				 vip_format(address, text), service->entry.slot_count, table_size);
	if (!service) {
		r = service_make(dp, address, table_size, &service, err);
		if (r < 0)
			return r;
	}
	service->opened = true;
	*ret = service;
	return 0;
}

int dataplane_service_publish(struct dataplane_service *service,
			      const struct dataplane_service_options *options, struct error *err)
{
	struct vip address = place_key_vip(&service->key);
	struct shunt_service entry = service->entry;
	char text[VIP_LEN];
	int r;

	entry.forward = options->forward;
	entry.mss = options->mss;
	entry.flags = (options->fullnat ? SHUNT_SERVICE_FULLNAT : 0) |
		      (options->toa ? SHUNT_SERVICE_TOA : 0);
	if (service->published && memcmp(&entry, &service->entry, sizeof(entry)) == 0)
		return 0;
	r = service_write(service->dp, &service->key, &entry);
	if (r < 0)
		return error_set(err, r, "service %s: no place within %d of where it belongs",
				 vip_format(&address, text), SHUNT_TABLE_PROBES);
	service->entry = entry;
	service->published = true;
	nat_move(service); /* what its ways back say of it */
	vip_tell_every_port(service->dp, &service->key);
	return 0;
}

bool dataplane_service_published(const struct dataplane_service *service)
{
	return service->published;
}

static void service_release_nat(uint16_t number, const struct shunt_backend *entry, void *arg)
{
	if (entry->forward == SHUNT_FORWARD_NAT)
		nat_release(arg, entry);
}

int dataplane_service_remove(struct dataplane_service *service, struct error *err)
{
	struct dataplane *dp = service->dp;
	struct table *table = &dp->services[service->key.v6];
	struct place_key key = service->key;
	uint32_t place;

	if (table_remove(table, key.words, &place) == 0)
		retire_place(dp, table, place);
	dataplane_backends(service, service_release_nat, service);
	flows_end_backends(dp, service->entry.backend_base, service->entry.backend_cap);
	retire_forget_service(service);
	retire_slots(dp, service->entry.slot_base);
	retire_range(dp, NULL, service->entry.backend_base, service->entry.backend_cap, NULL);
	service_free(service);
	vip_tell_every_port(dp, &key);
	return 0;
}

size_t dataplane_remove_unopened(struct dataplane *dp)
{
	struct dataplane_service *service, *tmp;
	size_t removed = 0;

	HASH_ITER (by_key, dp->services_by_key, service, tmp)
		if (!service->opened && dataplane_service_remove(service, NULL) == 0)
			removed++;
	vip_remove_unused(dp);
	return removed;
}

/* --- slots --- */

uint32_t dataplane_slots_count(const struct dataplane_service *service)
{
	return service->entry.slot_count;
}

const volatile uint32_t *dataplane_slots(const struct dataplane_service *service)
{
	return service->dp->slots + service->entry.slot_base;
}

void dataplane_slot_write(struct dataplane_service *service, uint32_t slot, uint32_t word)
{
	__atomic_store_n(service->dp->slots + service->entry.slot_base + slot, word,
			 __ATOMIC_RELEASE);
}
