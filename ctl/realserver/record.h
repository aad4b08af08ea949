/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - what `shunt realserver enable` did on this backend, and how it was before: a file of
 * JSON in the state directory, gone when nothing is enabled. The directory's lock keeps two runs
 * apart.
 */
#ifndef REALSERVER_RECORD_H
#define REALSERVER_RECORD_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/model.h"
#include "model/prefix.h"

#define RECORD_VIPS_MAX    1024
#define RECORD_SYSCTLS_MAX 64

/* A VIP that is enabled. */
struct enabled {
	struct ip_addr vip;
	int forward;           /* enum shunt_forward */
	char dev[IF_NAMESIZE]; /* of a tunnel; "" = none */
	struct prefixes directors;
	bool address_ours; /* it was not on lo before */
};

/* A sysctl that was changed. */
struct kept {
	char *path; /* below /proc/sys */
	int before, set;
};

struct record {
	struct enabled *vips;
	size_t vips_count;
	struct kept *sysctls;
	size_t sysctls_count;
};

/* Make the directory if it is missing, and wait for its lock; @ret_lock is the caller's to close.
 */
int record_lock(const char *dir, int *ret_lock, struct error *err);

/* No file: an empty record. -EXDEV: it is of another network namespace, whose addresses and
 * programs it lists. */
int record_load(const char *dir, struct record *ret, struct error *err);
/* An empty record: the file goes. */
int record_save(const char *dir, const struct record *record, struct error *err);
void record_clear(struct record *record);
static inline void record_clear_cleanup(struct record *record)
{
	record_clear(record);
}

struct enabled *record_find(const struct record *record, const struct ip_addr *vip);
/* Replace the entry of its VIP, or append it. */
void record_put(struct record *record, const struct enabled *entry);
void record_remove(struct record *record, const struct ip_addr *vip);
/* One sysctl more; one that is there already keeps what was before. */
void record_keep(struct record *record, const char *path, int before, int set);
/* Is any VIP enabled by a tunnel? */
bool record_has_tunnel(const struct record *record);

bool forward_is_tunnel(int forward); /* ipip, gue */

#endif
