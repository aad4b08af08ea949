/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.c - see state.h */
#include "daemon/state.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/model_json.h"

#define STATE_VERSION     1
#define OVERRIDDEN_PREFIX STATE_FILE ".overridden-"

DEFINE_CLEANUP(json_t *, json_decref)

void state_clear(struct state *state)
{
	model_free(state->model);
	*state = (struct state){};
}

/* --- reading --- */

static bool is_digest(const char *text)
{
	size_t length = strlen(text);

	return length == 0 ||
	       (length == CONFIG_DIGEST_LEN - 1 && strspn(text, "0123456789abcdef") == length);
}

static int parse_seed(const char *text, uint64_t *ret)
{
	size_t length = strlen(text);

	if (length < 1 || length > 16 || strspn(text, "0123456789abcdef") != length)
		return -EINVAL;
	*ret = strtoull(text, NULL, 16);
	return *ret ? 0 : -EINVAL;
}

static int parse_members(const json_t *json, struct state *ret, struct error *err)
{
	const json_t *version = json_object_get(json, "version");
	const char *digest = json_string_value(json_object_get(json, "digest"));
	const char *seed = json_string_value(json_object_get(json, "seed"));

	if (json_integer_value(version) != STATE_VERSION)
		return error_set(err, -EBADMSG, "version is not %d", STATE_VERSION);
	if (!digest || !is_digest(digest))
		return error_set(err, -EBADMSG, "digest is not a SHA-256");
	if (!seed || parse_seed(seed, &ret->seed))
		return error_set(err, -EBADMSG, "seed is not a hexadecimal number");
	memcpy(ret->digest, digest, strlen(digest) + 1);
	ret->changed = !json_is_false(json_object_get(json, "changed"));
	return model_json_read_model(json_object_get(json, "model"), &ret->model, err);
}

static int parse(const char *text, size_t size, struct state *ret, struct error *err)
{
	_cleanup_(json_decref) json_t *json = NULL;
	json_error_t where;

	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return error_set(err, -EBADMSG, "line %d: %s", where.line, where.text);
	return parse_members(json, ret, err);
}

int state_read(const char *dir, struct state *ret, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("%s/" STATE_FILE, dir), *text = NULL;
	struct state state = {.have = true};
	size_t size;
	int r = file_read(path, STATE_BYTES_MAX, &text, &size, NULL, err);

	if (r == -ENOENT) {
		*ret = (struct state){};
		return 0;
	}
	if (r)
		return r;
	r = parse(text, size, &state, err);
	if (r) {
		struct error why = err ? *err : (struct error){};

		return error_set(err, -EBADMSG, "%s: damaged: %s", path, why.text);
	}
	*ret = state;
	return 0;
}

/* --- writing --- */

static int make_directory(const char *dir, struct error *err)
{
	if (mkdir(dir, 0750) == 0 || errno == EEXIST)
		return 0;
	return error_set(err, -errno, "%s: cannot be made: %s", dir, strerror(errno));
}

int state_write(const char *dir, const char *digest, uint64_t seed, bool changed,
		const struct model *model, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("%s/" STATE_FILE, dir), *text = NULL;
	_cleanup_free_ char *hex = mem_printf("%016" PRIx64, seed);
	_cleanup_(json_decref) json_t *json = NULL;
	int r = make_directory(dir, err);

	if (r)
		return r;
	json = json_pack("{s:i, s:s, s:s, s:b, s:o}", "version", STATE_VERSION, "digest", digest,
			 "seed", hex, "changed", (int)changed, "model",
			 model_json_model(model, MODEL_JSON_SET));
	text = json_dumps(json, JSON_INDENT(1));
	if (!text)
		return error_set(err, -ENOMEM, "%s: cannot be written: no memory", path);
	return file_replace(path, text, strlen(text), 0640, NULL, err);
}

/* --- setting aside --- */

static int is_overridden(const struct dirent *entry)
{
	return strncmp(entry->d_name, OVERRIDDEN_PREFIX, strlen(OVERRIDDEN_PREFIX)) == 0;
}

/* The names hold the time, so that sorted by name the oldest are first. */
static void prune(const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, is_overridden, alphasort);

	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", dir, list[i]->d_name);

		if (i < n - STATE_OVERRIDDEN_MAX)
			unlink(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

int state_set_aside(const char *dir, const char *suffix, struct error *err)
{
	_cleanup_free_ char *path = mem_printf("%s/" STATE_FILE, dir);
	_cleanup_free_ char *aside = mem_printf("%s.%s", path, suffix);

	/* a second name, so that at no time there is no state (it holds the seed) */
	if (unlink(aside) && errno != ENOENT)
		return error_set(err, -errno, "%s: cannot be replaced: %s", aside, strerror(errno));
	if (link(path, aside))
		return error_set(err, -errno, "%s: cannot be kept as %s: %s", path, aside,
				 strerror(errno));
	prune(dir);
	return file_sync_directory(path, err);
}

const char *state_overridden_suffix(int64_t now, char buf[static STATE_SUFFIX_LEN])
{
	time_t seconds = (time_t)now;
	struct tm tm = {};

	gmtime_r(&seconds, &tm);
	strftime(buf, STATE_SUFFIX_LEN, "overridden-%Y%m%dT%H%M%SZ", &tm);
	return buf;
}

/* --- choosing --- */

enum state_choice state_choose(bool have_state, const char *state_digest, bool have_file,
			       const char *file_digest)
{
	if (!have_file)
		return have_state ? STATE_CHOOSE_STATE : STATE_CHOOSE_NOTHING;
	if (!have_state)
		return STATE_CHOOSE_FILE;
	return strcmp(state_digest, file_digest) == 0 ? STATE_CHOOSE_STATE
						      : STATE_CHOOSE_FILE_ASIDE;
}

int state_random_seed(uint64_t *ret, struct error *err)
{
	uint64_t seed = 0;

	while (seed == 0)
		if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed) && errno != EINTR)
			return error_set(err, -errno, "no random numbers: %s", strerror(errno));
	*ret = seed;
	return 0;
}
