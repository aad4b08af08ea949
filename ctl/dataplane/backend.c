// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backend.c - a service's numbers and the entries behind them: a range of the backends array, which
 * is moved to a larger one when it is full.
 */
#include "dataplane/internal.h"

#include <errno.h>

#define NUMBERS_MAX 65536 /* of a service, with number 0; a slot has 16 bits for one */

/* This word says whether the entry is in use: last when it comes, first when it goes. */
#define IN_USE_WORD 2
_Static_assert(offsetof(struct shunt_backend, forward) / 8 == IN_USE_WORD, "see above");

struct shunt_backend *backend_entry(const struct dataplane_service *service, uint16_t number)
{
	return &service->dp->backends[service->entry.backend_base + number];
}

static void backend_store_word(struct shunt_backend *entry, size_t word, const void *from)
{
	uint64_t value;

	memcpy(&value, (const uint64_t *)from + word, sizeof(value));
	__atomic_store_n((uint64_t *)entry + word, value, __ATOMIC_RELEASE);
}

/* Packets may read the entry meanwhile: whole words only. */
static void backend_store(struct shunt_backend *entry, const struct shunt_backend *from)
{
	if (!from->forward)
		backend_store_word(entry, IN_USE_WORD, from);
	for (size_t word = 0; word < sizeof(*entry) / sizeof(uint64_t); word++)
		if (word != IN_USE_WORD)
			backend_store_word(entry, word, from);
	if (from->forward)
		backend_store_word(entry, IN_USE_WORD, from);
}

void backend_range_clear(struct dataplane *dp, uint32_t base, uint32_t count)
{
	const struct shunt_backend none = {0};

	for (uint32_t i = base; i < base + count; i++) {
		backend_store(&dp->backends[i], &none);
		counters_zero(dp, i);
	}
}

void backend_adopt_numbers(struct dataplane_service *service)
{
	for (uint32_t number = 1; number < service->entry.backend_cap; number++) {
		const struct shunt_backend *entry = backend_entry(service, number);

		if (entry->forward)
			service->numbers[number] =
				(struct number){NUMBER_WRITTEN, shunt_backend_endpoint(entry)};
	}
}

void backend_fold_counters(struct dataplane_service *service, uint16_t number)
{
	struct shunt_counters counted;

	dataplane_backend_counters(service, number, &counted);
	if (!counted.packets && !counted.reply_packets)
		return;
	/* Should the daemon die in between, a service's sum is too high, but never goes back. */
	counters_keep(service, &counted);
	counters_zero(service->dp, service->entry.backend_base + number);
}

static void backend_resize_numbers(struct dataplane_service *service, uint32_t from, uint32_t to)
{
	service->numbers = mem_realloc(service->numbers, to * sizeof(service->numbers[0]));
	memset(service->numbers + from, 0, (to - from) * sizeof(service->numbers[0]));
}

/*
 * Twice the numbers, in a new range. Packets use the old one until its place names the new one, and
 * what they count there meanwhile is added when the old one retires.
 */
static int backend_grow(struct dataplane_service *service, struct error *err)
{
	struct dataplane *dp = service->dp;
	uint32_t old = service->entry.backend_base, cap = service->entry.backend_cap, new;
	struct shunt_counters copied;
	int r;

	if (cap >= NUMBERS_MAX)
		return error_set(err, -ENOSPC, "a service has at most %d backends",
				 NUMBERS_MAX - 1);
	r = extent_alloc(&dp->backends_pool, 2 * cap, &new);
	if (r < 0)
		return error_set(
			err, r, "no room for %u backends in one piece: backends_max is %u, %u used",
			2 * cap, dp->backends_max, dp->backends_pool.used);
	backend_range_clear(dp, new, 2 * cap);
	for (uint32_t i = 0; i < cap; i++)
		backend_store(&dp->backends[new + i], &dp->backends[old + i]);
	counters_copy(dp, old, new, cap, &copied);
	backend_resize_numbers(service, cap, 2 * cap);
	service->entry.backend_base = new;
	service->entry.backend_cap = 2 * cap;
	if (service->published)
		service_write(dp, &service->key, &service->entry); /* it is there: cannot fail */
	nat_move(service);
	flows_move_backends(dp, old, cap, new);
	retire_range(dp, service, old, cap, &copied);
	return 0;
}

static uint32_t backend_free_number(const struct dataplane_service *service)
{
	for (uint32_t number = 1; number < service->entry.backend_cap; number++)
		if (service->numbers[number].use == NUMBER_FREE)
			return number;
	return 0;
}

uint32_t backend_find(const struct dataplane_service *service, const struct endpoint *at)
{
	for (uint32_t number = 1; number < service->entry.backend_cap; number++) {
		const struct number *n = &service->numbers[number];

		if ((n->use == NUMBER_OPENED || n->use == NUMBER_WRITTEN) &&
		    endpoint_compare(&n->at, at) == 0)
			return number;
	}
	return 0;
}

int dataplane_backend_open(struct dataplane_service *service, const struct endpoint *at,
			   uint16_t *ret_number, struct error *err)
{
	char text[ENDPOINT_LEN];
	uint32_t number;
	int r;

	number = backend_find(service, at);
	if (number) {
		*ret_number = number;
		return 0;
	}
	number = backend_free_number(service);
	if (!number) {
		r = backend_grow(service, err);
		if (r < 0)
			return error_prefix(err, "backend %s", endpoint_format(at, text));
		number = backend_free_number(service);
	}
	backend_fold_counters(service, number); /* a daemon that was killed may have left some */
	service->numbers[number] = (struct number){NUMBER_OPENED, *at};
	*ret_number = number;
	return 0;
}

static bool backend_in_use(const struct dataplane_service *service, uint16_t number)
{
	return number > 0 && number < service->entry.backend_cap &&
	       service->numbers[number].use == NUMBER_WRITTEN;
}

bool dataplane_backend_read(const struct dataplane_service *service, uint16_t number,
			    struct shunt_backend *ret)
{
	if (!backend_in_use(service, number))
		return false;
	*ret = *backend_entry(service, number);
	return true;
}

int dataplane_backend_write(struct dataplane_service *service, uint16_t number,
			    const struct shunt_backend *entry, struct error *err)
{
	const struct endpoint at = shunt_backend_endpoint(entry);
	struct shunt_backend *place;
	struct shunt_backend old;
	struct number *n;
	int r;

	if (number == 0 || number >= service->entry.backend_cap)
		return error_set(err, -EINVAL, "backend number %u was never opened", number);
	n = &service->numbers[number];
	if ((n->use != NUMBER_OPENED && n->use != NUMBER_WRITTEN) ||
	    endpoint_compare(&n->at, &at) != 0 || !entry->forward)
		return error_set(err, -EINVAL, "backend number %u was opened for another address",
				 number);
	place = backend_entry(service, number);
	old = *place;
	if (entry->forward == SHUNT_FORWARD_NAT) { /* the way back first */
		r = nat_claim(service, number, entry, err);
		if (r < 0)
			return r;
	}
	backend_store(place, entry);
	n->use = NUMBER_WRITTEN;
	if (old.forward == SHUNT_FORWARD_NAT && entry->forward != SHUNT_FORWARD_NAT)
		nat_release(service, &old);
	return 0;
}

static bool backend_named_by_slot(const struct dataplane_service *service, uint16_t number)
{
	const volatile uint32_t *slots = dataplane_slots(service);

	for (uint32_t i = 0; i < service->entry.slot_count; i++) {
		uint32_t word = slots[i];

		if (SHUNT_SLOT_CUR(word) == number || SHUNT_SLOT_UNTRACKED(word) == number)
			return true;
	}
	return false;
}

int dataplane_backend_remove(struct dataplane_service *service, uint16_t number, struct error *err)
{
	const struct shunt_backend none = {0};
	struct shunt_backend old;

	if (number > 0 && number < service->entry.backend_cap &&
	    service->numbers[number].use == NUMBER_OPENED) {
		service->numbers[number].use = NUMBER_FREE; /* no packet ever saw it */
		return 0;
	}
	if (!dataplane_backend_read(service, number, &old))
		return error_set(err, -ENOENT, "backend number %u is not in use", number);
	if (backend_named_by_slot(service, number))
		return error_set(err, -EBUSY, "backend number %u still stands in a slot", number);
	backend_store(backend_entry(service, number), &none);
	service->numbers[number].use = NUMBER_RETIRED;
	if (old.forward == SHUNT_FORWARD_NAT)
		nat_release(service, &old);
	retire_number(service, number);
	return 0;
}

void dataplane_backends(const struct dataplane_service *service,
			void (*each)(uint16_t number, const struct shunt_backend *entry, void *arg),
			void *arg)
{
	struct shunt_backend entry;

	for (uint32_t number = 1; number < service->entry.backend_cap; number++)
		if (dataplane_backend_read(service, number, &entry))
			each(number, &entry, arg);
}
