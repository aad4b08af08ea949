/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.c - see record.h */
#include "realserver/record.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/realserver.h"

#define RECORD_FILE  "realserver.json"
#define RECORD_BYTES (4 << 20)

DEFINE_CLEANUP(json_t *, json_decref)

/* --- forward modes --- */

bool forward_is_tunnel(int forward)
{
	return forward == SHUNT_FORWARD_IPIP || forward == SHUNT_FORWARD_GUE;
}

static int forward_number(const char *name)
{
	const struct schema_key *key = schema_find(&realserver_schema, "forward");

	for (size_t i = 0; name && i < key->names_count; i++)
		if (key->names[i] && strcmp(key->names[i], name) == 0)
			return (int)i;
	return -1;
}

/* --- in memory --- */

void record_clear(struct record *record)
{
	for (size_t i = 0; i < record->sysctls_count; i++)
		free(record->sysctls[i].path);
	free(record->vips);
	free(record->sysctls);
	*record = (struct record){};
}

struct enabled *record_find(const struct record *record, const struct ip_addr *vip)
{
	for (size_t i = 0; i < record->vips_count; i++)
		if (ip_addr_compare(&record->vips[i].vip, vip) == 0)
			return &record->vips[i];
	return NULL;
}

void record_put(struct record *record, const struct enabled *entry)
{
	struct enabled *place = record_find(record, &entry->vip);

	if (!place) {
		record->vips =
			mem_realloc(record->vips, (record->vips_count + 1) * sizeof(*record->vips));
		place = &record->vips[record->vips_count++];
	}
	*place = *entry;
}

void record_remove(struct record *record, const struct ip_addr *vip)
{
	struct enabled *entry = record_find(record, vip);

	if (entry)
		*entry = record->vips[--record->vips_count];
}

void record_keep(struct record *record, const char *path, int before, int set)
{
	for (size_t i = 0; i < record->sysctls_count; i++) {
		if (strcmp(record->sysctls[i].path, path) == 0) {
			record->sysctls[i].set = set;
			return;
		}
	}
	record->sysctls = mem_realloc(record->sysctls,
				      (record->sysctls_count + 1) * sizeof(*record->sysctls));
	record->sysctls[record->sysctls_count++] = (struct kept){mem_strdup(path), before, set};
}

bool record_has_tunnel(const struct record *record)
{
	for (size_t i = 0; i < record->vips_count; i++)
		if (forward_is_tunnel(record->vips[i].forward))
			return true;
	return false;
}

/* --- to JSON --- */

/* The number of the network namespace; 0 if the kernel does not tell. */
static uint64_t netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : st.st_ino;
}

static json_t *enabled_to_json(const struct enabled *entry)
{
	json_t *directors = json_array();
	char text[IP_PREFIX_LEN];

	for (size_t i = 0; i < entry->directors.n; i++)
		json_array_append_new(directors,
				      json_string(ip_prefix_format(&entry->directors.v[i], text)));
	return json_pack("{s:s, s:s, s:s, s:o, s:b}", "vip", ip_addr_format(&entry->vip, text),
			 "forward", forward_name(entry->forward), "dev", entry->dev, "directors",
			 directors, "address_ours", entry->address_ours);
}

static json_t *record_to_json(const struct record *record)
{
	json_t *vips = json_array(), *sysctls = json_array();

	for (size_t i = 0; i < record->vips_count; i++)
		json_array_append_new(vips, enabled_to_json(&record->vips[i]));
	for (size_t i = 0; i < record->sysctls_count; i++) {
		const struct kept *kept = &record->sysctls[i];

		json_array_append_new(sysctls, json_pack("{s:s, s:i, s:i}", "path", kept->path,
							 "before", kept->before, "set", kept->set));
	}
	return json_pack("{s:i, s:I, s:o, s:o}", "version", 1, "netns", (json_int_t)netns(), "vips",
			 vips, "sysctls", sysctls);
}

/* --- from JSON: false is a file that this program did not write --- */

static bool directors_from_json(const json_t *json, struct prefixes *ret)
{
	const json_t *director;
	size_t i;

	json_array_foreach ((json_t *)json, i, director) {
		const char *text = json_string_value(director);

		if (!text || ret->n == PREFIXES_MAX ||
		    ip_prefix_parse(text, &ret->v[ret->n++], NULL))
			return false;
	}
	return true;
}

static bool enabled_from_json(json_t *json, struct enabled *entry)
{
	const char *vip, *forward, *dev;
	json_t *directors;
	int ours;

	if (json_unpack(json, "{s:s, s:s, s:s, s:o, s:b}", "vip", &vip, "forward", &forward, "dev",
			&dev, "directors", &directors, "address_ours", &ours))
		return false;
	entry->forward = forward_number(forward);
	entry->address_ours = ours;
	snprintf(entry->dev, sizeof(entry->dev), "%s", dev);
	return entry->forward >= 0 && ip_addr_parse(vip, &entry->vip, NULL) == 0 &&
	       directors_from_json(directors, &entry->directors);
}

static bool vips_from_json(const json_t *vips, struct record *record)
{
	json_t *json;
	size_t i;

	json_array_foreach ((json_t *)vips, i, json) {
		struct enabled entry = {};

		if (record->vips_count == RECORD_VIPS_MAX || !enabled_from_json(json, &entry))
			return false;
		record_put(record, &entry);
	}
	return true;
}

static bool sysctls_from_json(const json_t *sysctls, struct record *record)
{
	const char *path;
	int before, set;
	json_t *json;
	size_t i;

	json_array_foreach ((json_t *)sysctls, i, json) {
		if (record->sysctls_count == RECORD_SYSCTLS_MAX ||
		    json_unpack(json, "{s:s, s:i, s:i}", "path", &path, "before", &before, "set",
				&set) ||
		    strstr(path, ".."))
			return false;
		record_keep(record, path, before, set);
	}
	return true;
}

static bool record_from_json(const char *text, struct record *record, uint64_t *ret_netns)
{
	_cleanup_(json_decref) json_t *json = json_loads(text, 0, NULL);
	json_t *vips, *sysctls;
	json_int_t ns;
	int version;

	if (!json || json_unpack(json, "{s:i, s:I, s:o, s:o}", "version", &version, "netns", &ns,
				 "vips", &vips, "sysctls", &sysctls))
		return false;
	*ret_netns = (uint64_t)ns;
	return version == 1 && json_is_array(vips) && json_is_array(sysctls) &&
	       vips_from_json(vips, record) && sysctls_from_json(sysctls, record);
}

/* --- the file --- */

int record_lock(const char *dir, int *ret_lock, struct error *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return error_set(err, -errno, "state directory %s: %s", dir, strerror(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, -errno, "state directory %s: %s", dir, strerror(errno));
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return error_set(err, -EPERM,
				 "state directory %s: owner %u and mode %04o; expected owner %u, "
				 "and that nobody else can write",
				 dir, st.st_uid, st.st_mode & 07777, geteuid());
	if (flock(fd, LOCK_EX) < 0)
		return error_set(err, -errno, "state directory %s: %s", dir, strerror(errno));
	*ret_lock = take_fd(fd);
	return 0;
}

int record_load(const char *dir, struct record *ret, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("%s/" RECORD_FILE, dir), *text = NULL;
	_cleanup_(record_clear) struct record record = {};
	uint64_t ns;
	size_t size;
	int r = file_read(path, RECORD_BYTES, &text, &size, NULL, err);

	if (r == -ENOENT) {
		*ret = record;
		return 0;
	}
	if (r)
		return r;
	if (!record_from_json(text, &record, &ns))
		return error_set(err, -EUCLEAN,
				 "%s: is not what `shunt realserver` wrote; undo by hand what it "
				 "lists, and remove it",
				 path);
	if (ns != netns())
		return error_set(err, -EXDEV,
				 "%s is of another network namespace; expected --state-dir and "
				 "--pin-dir of this one's own",
				 path);
	*ret = record;
	record = (struct record){};
	return 0;
}

int record_save(const char *dir, const struct record *record, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("%s/" RECORD_FILE, dir), *text = NULL;
	_cleanup_(json_decref) json_t *json = NULL;

	if (!record->vips_count && !record->sysctls_count) {
		if (unlink(path) < 0 && errno != ENOENT)
			return error_set(err, -errno, "%s: %s", path, strerror(errno));
		return 0;
	}
	json = record_to_json(record);
	text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	if (!text)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	return file_replace(path, text, strlen(text), 0644, NULL, err);
}
