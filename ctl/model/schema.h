/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.h - every key an operator can set, once: name, type, range, default, help, place.
 *
 * From these tables follow the config file's keys, the CLI's options (with - for _), the JSON
 * fields, their checks, --help, and the test that each key is in the manual. Values come in as text
 * and go out as text that reads back to the same. Every object has a `set` mask: which keys were
 * given, as opposed to left at their default; bit i belongs to keys[i].
 */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/addr.h"
#include "model/prefix.h"
#include "model/value.h"

enum schema_type {
	SCHEMA_BOOL,     /* bool: true, false (also yes/no, on/off) */
	SCHEMA_NUMBER,   /* uint32_t in min .. max */
	SCHEMA_DURATION, /* uint32_t milliseconds in min .. max */
	SCHEMA_ENUM,     /* int: index into names; NULL names are no values */
	SCHEMA_STRING,   /* char *, owned, NULL = none; clean (base/text.h), at most max bytes */
	SCHEMA_STRINGS,  /* struct strings, owned; as text: separated by commas */
	SCHEMA_VIP,      /* struct vip */
	SCHEMA_PREFIXES, /* struct prefixes, at most max; as text: separated by commas */
	SCHEMA_PORTS,    /* struct port_range in min .. max, as text: LOW-HIGH */
	SCHEMA_CHOICE, /* uint32_t: index into names, or a number in min .. max above all of them */
	SCHEMA_SEED,   /* uint64_t, 1 to 16 hexadecimal digits, not all 0; 0 = none, as text "" */
};

struct strings {
	char **v;
	size_t n;
};

#define PREFIXES_MAX 64

struct prefixes {
	struct ip_prefix v[PREFIXES_MAX];
	size_t n;
};

/* Flags of a key */
#define SCHEMA_REQUIRED 1u /* must be given */
#define SCHEMA_FIXED    2u /* cannot change once the object exists */
#define SCHEMA_STATE    4u /* asked for by hand: in the state directory, not in the file */

struct schema_key {
	const char *name; /* with _ */
	enum schema_type type;
	unsigned int flags;
	size_t offset;
	uint64_t min, max;
	const char *const *names; /* SCHEMA_ENUM, SCHEMA_CHOICE: names_count of them */
	size_t names_count;
	const char *fallback; /* the default as text; NULL = zero, none */
	const char *arg;      /* what --help calls the value: N, TIME, NAME */
	const char *help;     /* one line, no full stop */
	/* more than a range, of the value as the object has it: returns 0 or error_set() */
	int (*check)(const char *text, const void *value, struct error *err);
};

struct schema {
	const char *object; /* "service" */
	const char *phrase; /* "a service": what errors call it */
	const struct schema_key *keys;
	size_t count;      /* at most 64 */
	size_t set_offset; /* of the object's uint64_t set mask */
};

/* Put every key's default into @object (memory that holds no owned values yet). */
void schema_init(const struct schema *schema, void *object);

/* Free what the keys own. */
void schema_clear(const struct schema *schema, void *object);

/* Copy all keys and the set mask; @dst holds no owned values yet. */
void schema_copy(const struct schema *schema, void *dst, const void *src);

/* The key named @name (with _ or -), NULL if there is none. */
const struct schema_key *schema_find(const struct schema *schema, const char *name);

/* The same, but fills @err with "unknown key ..., did you mean ...?" when it returns NULL. */
const struct schema_key *schema_lookup(const struct schema *schema, const char *name,
				       struct error *err);

/*
 * Parse @text for @key, store it in @object and mark it as set. On error nothing changes.
 * schema_test() only checks.
 */
int schema_set(const struct schema *schema, void *object, const struct schema_key *key,
	       const char *text, struct error *err);
int schema_test(const struct schema_key *key, const char *text, struct error *err);

/* Back to the default, and not set. */
void schema_reset(const struct schema *schema, void *object, const struct schema_key *key);

bool schema_is_set(const struct schema *schema, const void *object, const struct schema_key *key);
bool schema_equal(const struct schema_key *key, const void *a, const void *b);

/* The value as text, to be freed by the caller; "" for no string and no seed. Never NULL. */
char *schema_format(const struct schema_key *key, const void *object);

/* Is the value a list, its items separated by commas in the text? */
bool schema_is_list(const struct schema_key *key);

/* The first SCHEMA_REQUIRED key that is not set, NULL if all are. */
const struct schema_key *schema_missing(const struct schema *schema, const void *object);

void strings_clear(struct strings *list);
void strings_append(struct strings *list, const char *text);
bool strings_contain(const struct strings *list, const char *text);

#endif
