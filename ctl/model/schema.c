/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema.c - see schema.h */
#include "model/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"

/* A value of any type, on its way between text and object. */
union value {
	bool boolean;
	uint32_t number;
	int choice;
	char *string;
	struct strings strings;
	struct vip vip;
	struct prefixes prefixes;
	struct port_range ports;
	uint64_t seed;
};

static const size_t type_size[] = {
	[SCHEMA_BOOL] = sizeof(bool),         [SCHEMA_NUMBER] = sizeof(uint32_t),
	[SCHEMA_DURATION] = sizeof(uint32_t), [SCHEMA_ENUM] = sizeof(int),
	[SCHEMA_STRING] = sizeof(char *),     [SCHEMA_STRINGS] = sizeof(struct strings),
	[SCHEMA_VIP] = sizeof(struct vip),    [SCHEMA_PREFIXES] = sizeof(struct prefixes),
	[SCHEMA_SEED] = sizeof(uint64_t),     [SCHEMA_PORTS] = sizeof(struct port_range),
	[SCHEMA_CHOICE] = sizeof(uint32_t),
};

static void *field(const struct schema_key *key, void *object)
{
	return (char *)object + key->offset;
}

static const void *const_field(const struct schema_key *key, const void *object)
{
	return (const char *)object + key->offset;
}

static uint64_t *set_mask(const struct schema *schema, void *object)
{
	return (uint64_t *)((char *)object + schema->set_offset);
}

static uint64_t key_bit(const struct schema *schema, const struct schema_key *key)
{
	return 1ULL << (key - schema->keys);
}

/* --- lists of strings --- */

void strings_clear(struct strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct strings){};
}

void strings_append(struct strings *list, const char *text)
{
	list->v = mem_realloc(list->v, (list->n + 1) * sizeof(*list->v));
	list->v[list->n++] = mem_strdup(text);
}

bool strings_contain(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

static struct strings strings_copy(const struct strings *list)
{
	struct strings copy = {};

	for (size_t i = 0; i < list->n; i++)
		strings_append(&copy, list->v[i]);
	return copy;
}

/* --- text to value, one function a type --- */

static int parse_bool(const char *text, bool *ret, struct error *err)
{
	static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no",
									       "off"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret = strcmp(text, yes[i]) == 0;
			return 0;
		}
	return error_set(err, -EINVAL, "'%s' is not true or false", text);
}

static int find_name(const struct schema_key *key, const char *text, int *ret)
{
	for (size_t i = 0; i < key->names_count; i++)
		if (key->names[i] && strcmp(text, key->names[i]) == 0) {
			*ret = (int)i;
			return 0;
		}
	return -EINVAL;
}

static int parse_enum(const struct schema_key *key, const char *text, int *ret, struct error *err)
{
	char list[256] = "";
	size_t used = 0;

	if (find_name(key, text, ret) == 0)
		return 0;
	for (size_t i = 0; i < key->names_count; i++) {
		if (!key->names[i])
			continue;
		used += snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
				 key->names[i]);
		if (used >= sizeof(list))
			used = sizeof(list) - 1;
	}
	return error_set(err, -EINVAL, "'%s' is not one of %s", text, list);
}

static int parse_choice(const struct schema_key *key, const char *text, uint32_t *ret,
			struct error *err)
{
	uint64_t number = 0;
	int choice;

	if (find_name(key, text, &choice) == 0)
		number = (uint64_t)choice;
	else if (value_parse_number(text, key->min, key->max, &number, NULL))
		return error_set(err, -EINVAL,
				 "'%s' is not one of %s, with N from %" PRIu64 " to %" PRIu64, text,
				 key->arg, key->min, key->max);
	*ret = (uint32_t)number;
	return 0;
}

static int parse_prefixes(const struct schema_key *key, const char *text, struct prefixes *ret,
			  struct error *err)
{
	_cleanup_free_ char *copy = mem_strdup(text);
	char *rest = copy, *word;
	int r = 0;

	ret->n = 0;
	while (!r && (word = strsep(&rest, ", "))) {
		if (!*word)
			continue;
		if (ret->n == key->max)
			return error_set(err, -EINVAL,
					 "'%s' is one too many; expected at most %" PRIu64
					 " addresses",
					 word, key->max);
		r = ip_prefix_parse(word, &ret->v[ret->n++], err);
	}
	return r;
}

static int parse_string(const struct schema_key *key, const char *text, char **ret,
			struct error *err)
{
	if (strlen(text) > key->max)
		return error_set(err, -EINVAL, "the text is longer than %" PRIu64 " bytes",
				 key->max);
	if (!text_is_clean(text))
		return error_set(err, -EINVAL, "'%s' is not one line of UTF-8 text", text);
	*ret = *text ? mem_strdup(text) : NULL;
	return 0;
}

#define STRINGS_MAX 64

static int parse_strings(const struct schema_key *key, const char *text, struct strings *ret,
			 struct error *err)
{
	struct strings list = {};
	_cleanup_free_ char *copy = mem_strdup(text);
	char *rest = copy, *word;

	while ((word = strsep(&rest, ", "))) {
		if (!*word)
			continue;
		if (strlen(word) > key->max || list.n == STRINGS_MAX || !text_is_clean(word)) {
			strings_clear(&list);
			return error_set(err, -EINVAL,
					 "'%s' is too long, not printable, or one too many; "
					 "expected at most %d names of at most %" PRIu64
					 " characters",
					 word, STRINGS_MAX, key->max);
		}
		strings_append(&list, word);
	}
	*ret = list;
	return 0;
}

static int parse_seed(const char *text, uint64_t *ret, struct error *err)
{
	size_t length = strlen(text);
	uint64_t seed = 0;

	if (length <= 16 && strspn(text, "0123456789abcdefABCDEF") == length)
		seed = strtoull(text, NULL, 16);
	if (!seed && length) /* the empty text is no seed */
		return error_set(err, -EINVAL,
				 "'%s' is not a seed; expected 1 to 16 hexadecimal digits, not "
				 "all of them 0",
				 text);
	*ret = seed;
	return 0;
}

static int parse_any(const struct schema_key *key, const char *text, union value *ret,
		     struct error *err)
{
	uint64_t n = 0;
	int r;

	switch (key->type) {
	case SCHEMA_BOOL:
		return parse_bool(text, &ret->boolean, err);
	case SCHEMA_NUMBER:
		r = value_parse_number(text, key->min, key->max, &n, err);
		ret->number = (uint32_t)n;
		return r;
	case SCHEMA_DURATION:
		r = value_parse_duration(text, key->min, key->max, &n, err);
		ret->number = (uint32_t)n;
		return r;
	case SCHEMA_ENUM:
		return parse_enum(key, text, &ret->choice, err);
	case SCHEMA_CHOICE:
		return parse_choice(key, text, &ret->number, err);
	case SCHEMA_STRING:
		return parse_string(key, text, &ret->string, err);
	case SCHEMA_STRINGS:
		return parse_strings(key, text, &ret->strings, err);
	case SCHEMA_VIP:
		return vip_parse(text, &ret->vip, err);
	case SCHEMA_PREFIXES:
		return parse_prefixes(key, text, &ret->prefixes, err);
	case SCHEMA_PORTS:
		return value_parse_ports(text, key->min, key->max, &ret->ports, err);
	case SCHEMA_SEED:
		return parse_seed(text, &ret->seed, err);
	}
	return error_set(err, -EINVAL, "key of unknown type");
}

static void clear_value(const struct schema_key *key, void *at)
{
	if (key->type == SCHEMA_STRING)
		free(*(char **)at);
	else if (key->type == SCHEMA_STRINGS)
		strings_clear(at);
	memset(at, 0, type_size[key->type]);
}

static int parse_value(const struct schema_key *key, const char *text, union value *ret,
		       struct error *err)
{
	int r = parse_any(key, text, ret, err);

	if (r || !key->check)
		return r;
	r = key->check(text, ret, err);
	if (r)
		clear_value(key, ret);
	return r;
}

static void store_fallback(const struct schema_key *key, void *object)
{
	union value value = {};

	if (key->fallback)
		parse_value(key, key->fallback, &value, NULL);
	memcpy(field(key, object), &value, type_size[key->type]);
}

/* --- objects --- */

void schema_init(const struct schema *schema, void *object)
{
	for (size_t i = 0; i < schema->count; i++)
		store_fallback(&schema->keys[i], object);
	*set_mask(schema, object) = 0;
}

void schema_clear(const struct schema *schema, void *object)
{
	for (size_t i = 0; i < schema->count; i++)
		clear_value(&schema->keys[i], field(&schema->keys[i], object));
}

void schema_copy(const struct schema *schema, void *dst, const void *src)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		const void *from = const_field(key, src);
		void *to = field(key, dst);

		if (key->type == SCHEMA_STRING) {
			const char *text = *(char *const *)from;

			*(char **)to = text ? mem_strdup(text) : NULL;
		} else if (key->type == SCHEMA_STRINGS) {
			*(struct strings *)to = strings_copy(from);
		} else {
			memcpy(to, from, type_size[key->type]);
		}
	}
	*set_mask(schema, dst) = *set_mask(schema, (void *)src);
}

static bool same_name(const char *key, const char *given)
{
	for (; *key && *given; key++, given++)
		if (*key != (*given == '-' ? '_' : *given))
			return false;
	return !*key && !*given;
}

const struct schema_key *schema_find(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->count; i++)
		if (same_name(schema->keys[i].name, name))
			return &schema->keys[i];
	return NULL;
}

const struct schema_key *schema_lookup(const struct schema *schema, const char *name,
				       struct error *err)
{
	const struct schema_key *key = schema_find(schema, name);
	const char *names[64], *near;

	if (key)
		return key;
	for (size_t i = 0; i < schema->count; i++)
		names[i] = schema->keys[i].name;
	near = value_did_you_mean(name, names, schema->count);
	error_set(err, -EINVAL, "unknown key '%s' of %s%s%s%s", name, schema->phrase,
		  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

int schema_set(const struct schema *schema, void *object, const struct schema_key *key,
	       const char *text, struct error *err)
{
	union value value = {};
	int r = parse_value(key, text, &value, err);

	if (r) {
		error_prefix(err, "%s", key->name);
		return r;
	}
	clear_value(key, field(key, object));
	memcpy(field(key, object), &value, type_size[key->type]);
	*set_mask(schema, object) |= key_bit(schema, key);
	return 0;
}

int schema_test(const struct schema_key *key, const char *text, struct error *err)
{
	union value value = {};
	int r = parse_value(key, text, &value, err);

	if (r)
		error_prefix(err, "%s", key->name);
	else
		clear_value(key, &value);
	return r;
}

void schema_reset(const struct schema *schema, void *object, const struct schema_key *key)
{
	clear_value(key, field(key, object));
	store_fallback(key, object);
	*set_mask(schema, object) &= ~key_bit(schema, key);
}

bool schema_is_set(const struct schema *schema, const void *object, const struct schema_key *key)
{
	return *set_mask(schema, (void *)object) & key_bit(schema, key);
}

static bool strings_equal(const struct strings *a, const struct strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool prefixes_equal(const struct prefixes *a, const struct prefixes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (ip_prefix_compare(&a->v[i], &b->v[i]) != 0)
			return false;
	return true;
}

bool schema_equal(const struct schema_key *key, const void *a, const void *b)
{
	const void *x = const_field(key, a), *y = const_field(key, b);

	switch (key->type) {
	case SCHEMA_STRING:
		return strcmp(*(char *const *)x ?: "", *(char *const *)y ?: "") == 0;
	case SCHEMA_STRINGS:
		return strings_equal(x, y);
	case SCHEMA_VIP:
		return vip_compare(x, y) == 0;
	case SCHEMA_PREFIXES:
		return prefixes_equal(x, y);
	default: /* numbers of some size, without padding */
		return memcmp(x, y, type_size[key->type]) == 0;
	}
}

static char *format_strings(const struct strings *list)
{
	char *text = mem_strdup("");

	for (size_t i = 0; i < list->n; i++) {
		char *longer = mem_printf("%s%s%s", text, i ? "," : "", list->v[i]);

		free(text);
		text = longer;
	}
	return text;
}

static char *format_prefixes(const struct prefixes *list)
{
	char *text = mem_strdup(""), one[IP_PREFIX_LEN];

	for (size_t i = 0; i < list->n; i++) {
		char *longer = mem_printf("%s%s%s", text, i ? "," : "",
					  ip_prefix_format(&list->v[i], one));

		free(text);
		text = longer;
	}
	return text;
}

static char *format_ports(const struct port_range *ports)
{
	return mem_printf("%u-%u", ports->low, ports->high);
}

static char *format_choice(const struct schema_key *key, uint32_t value)
{
	return value < key->names_count ? mem_strdup(key->names[value])
					: mem_printf("%" PRIu32, value);
}

bool schema_is_list(const struct schema_key *key)
{
	return key->type == SCHEMA_STRINGS || key->type == SCHEMA_PREFIXES;
}

char *schema_format(const struct schema_key *key, const void *object)
{
	char duration[VALUE_DURATION_LEN], vip[VIP_LEN];
	const void *at = const_field(key, object);

	switch (key->type) {
	case SCHEMA_BOOL:
		return mem_strdup(*(const bool *)at ? "true" : "false");
	case SCHEMA_NUMBER:
		return mem_printf("%" PRIu32, *(const uint32_t *)at);
	case SCHEMA_DURATION:
		return mem_strdup(value_format_duration(*(const uint32_t *)at, duration));
	case SCHEMA_ENUM:
		return mem_strdup(key->names[*(const int *)at] ?: "");
	case SCHEMA_STRING:
		return mem_strdup(*(char *const *)at ?: "");
	case SCHEMA_STRINGS:
		return format_strings(at);
	case SCHEMA_VIP:
		return mem_strdup(vip_format(at, vip));
	case SCHEMA_PREFIXES:
		return format_prefixes(at);
	case SCHEMA_PORTS:
		return format_ports(at);
	case SCHEMA_CHOICE:
		return format_choice(key, *(const uint32_t *)at);
	case SCHEMA_SEED:
		return *(const uint64_t *)at ? mem_printf("%016" PRIx64, *(const uint64_t *)at)
					     : mem_strdup("");
	}
	return mem_strdup("");
}

const struct schema_key *schema_missing(const struct schema *schema, const void *object)
{
	for (size_t i = 0; i < schema->count; i++)
		if ((schema->keys[i].flags & SCHEMA_REQUIRED) &&
		    !schema_is_set(schema, object, &schema->keys[i]))
			return &schema->keys[i];
	return NULL;
}
