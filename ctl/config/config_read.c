/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_read.c - shunt.conf to a model: the files one by one through the scan and libconfuse,
 * which build one tree, and from that the model. See config.h.
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/build.h"
#include "config/config.h"
#include "config/options.h"
#include "config/scan.h"

#define NESTING_MAX 8 /* of files in files */

DEFINE_CLEANUP(cfg_t *, cfg_free)

/* A text that is being read: the file, or one that it includes. */
struct source {
	const char *path;
	bool is_file;
	dev_t device;
	ino_t inode;
	struct scan scan;
	size_t ended; /* sections so far */
	struct source *parent;
};

struct reader {
	cfg_t *cfg;
	struct source *source; /* the innermost */
	size_t files, nesting;
	struct sha256_ctx digest;
	struct error err; /* the first */
};

/*
 * libconfuse hands no argument to its callbacks, and its scanner is one for the whole process: so
 * there is one reader at a time, and this is it.
 */
static _Thread_local struct reader *reader;

/* Keep the first error, with the place that @cfg has come to. Returns -1, as callbacks do. */
static int fail(const cfg_t *cfg)
{
	if (reader->err.code && !reader->err.line)
		error_at(&reader->err, cfg->filename, (unsigned int)cfg->line);
	return -1;
}

/* --- what libconfuse calls --- */

/* What has a key @name, as "a backend"; NULL if nothing has. */
static const char *owner_of_key(const char *name)
{
	static const struct schema *const all[] = {&settings_schema, &service_schema,
						   &backend_schema, &check_schema};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct schema_key *key = schema_find(all[i], name);

		if (key && !(key->flags & SCHEMA_STATE))
			return all[i]->phrase;
	}
	return NULL;
}

static void unknown_key(cfg_t *cfg, const char *name)
{
	const char *near = options_did_you_mean(cfg, name), *owner = owner_of_key(name);
	const char *phrase = options_schema(cfg)->phrase;
	struct error *err = &reader->err;

	if (name[0] == ';')
		error_set(err, -EINVAL, "a ';' in %s; expected nothing between its keys", phrase);
	else if (strcmp(name, "include") == 0)
		error_set(err, -EINVAL, "include() in %s; expected it outside of sections", phrase);
	else if (owner)
		error_set(err, -EINVAL, "'%s' is no key of %s; it is one of %s", name, phrase,
			  owner);
	else if (near)
		error_set(err, -EINVAL, "unknown key '%s' of %s; did you mean '%s'?", name, phrase,
			  near);
	else
		error_set(err, -EINVAL, "unknown key '%s' of %s", name, phrase);
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (reader->err.code)
		return;
	if (strcmp(format, "no such option '%s'") == 0) {
		unknown_key(cfg, va_arg(args, const char *));
	} else if (strcmp(format, "found duplicate title '%s'") == 0) {
		error_set(&reader->err, -EEXIST, "a second section '%s'; expected one of a name",
			  va_arg(args, const char *));
	} else {
		if (vasprintf(&text, format, args) < 0)
			text = NULL;
		error_set(&reader->err, -EINVAL, "%s", text ? text : format);
	}
	fail(cfg);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	static char given[] = "given"; /* the option's comment, which files cannot set here */
	const struct schema_key *key = schema_find(options_schema(cfg), opt->name);
	_cleanup_free_ char *text = NULL;

	/* nvalues counts this value; 1 again in a list is another '=' */
	if (opt->comment && opt->nvalues == 1) {
		error_set(&reader->err, -EINVAL, "%s is given twice", opt->name);
		return fail(cfg);
	}
	/* a list as far as it has come: its items may not go together */
	text = options_text(opt, opt->nvalues ? opt->nvalues - 1 : 0, value);
	if (schema_test(key, text, &reader->err))
		return fail(cfg);
	cfg_opt_setcomment(opt, given);
	*(const char **)result = value;
	return 0;
}

static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
	size_t most = strcmp(opt->name, service_schema.object) == 0 ? SHUNT_SERVICES_MAX
		      : strcmp(opt->name, check_schema.object) == 0 ? MODEL_CHECKS_MAX
								    : MODEL_BACKENDS_MAX;
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct source *source = reader->source;

	if (cfg_opt_size(opt) > most) { /* now: the search for equal titles is quadratic */
		error_set(&reader->err, -ENOSPC, "one %s too many; expected at most %zu", opt->name,
			  most);
		return fail(cfg);
	}
	if (source->ended < source->scan.starts_count)
		section->line = (int)source->scan.starts[source->ended++];
	return 0;
}

/* --- files --- */

static void digest_bytes(const void *data, size_t size)
{
	uint64_t length = size; /* so that no two lists of files look the same */

	sha256_update(&reader->digest, sizeof(length), (const uint8_t *)&length);
	sha256_update(&reader->digest, size, data);
}

/* Parse @text into the tree; @source is what it belongs to. */
static int parse_text(struct source *source, char *text, size_t size)
{
	cfg_t *cfg = reader->cfg;
	_cleanup_fclose_ FILE *file = NULL;
	int r = scan_text(text, size, &source->scan, &reader->err);

	if (r) {
		error_at(&reader->err, source->path, reader->err.line);
		return r;
	}
	if (!source->scan.tokens)
		return 0;
	file = fmemopen(text, size, "r");
	if (!file)
		return error_set(&reader->err, -errno, "%s: %s", source->path, strerror(errno));
	free(cfg->filename);
	cfg->filename = mem_strdup(source->path);
	if (cfg_parse_fp(cfg, file) == CFG_SUCCESS)
		return 0;
	if (!reader->err.code) {
		error_set(&reader->err, -EINVAL, "cannot be read from here on");
		fail(cfg);
	}
	return reader->err.code;
}

static int parse_source(struct source *source, char *text, size_t size)
{
	int r;

	source->parent = reader->source;
	reader->source = source;
	r = parse_text(source, text, size);
	reader->source = source->parent;
	return r;
}

static bool is_being_read(dev_t device, ino_t inode)
{
	for (const struct source *s = reader->source; s; s = s->parent)
		if (s->is_file && s->device == device && s->inode == inode)
			return true;
	return false;
}

static int parse_file(const char *path, size_t *ret_tokens)
{
	_cleanup_free_ char *text = NULL, *real = realpath(path, NULL);
	struct source source = {.path = path, .is_file = true};
	struct stat st;
	size_t size;
	int r;

	if (reader->files++ == CONFIG_FILES_MAX)
		return error_set(&reader->err, -ENOSPC,
				 "%s: one file too many; expected at most %d", path,
				 CONFIG_FILES_MAX);
	r = file_read(path, CONFIG_BYTES_MAX, &text, &size, &st, &reader->err);
	if (r == -ENOENT) /* that class is for services and backends */
		r = reader->err.code = -EIO;
	if (r)
		return r;
	if (is_being_read(st.st_dev, st.st_ino))
		return error_set(&reader->err, -ELOOP, "%s: includes itself", path);
	digest_bytes(real ? real : path, strlen(real ? real : path));
	digest_bytes(text, size);
	source.device = st.st_dev;
	source.inode = st.st_ino;
	r = parse_source(&source, text, size);
	*ret_tokens = source.scan.tokens;
	scan_clear(&source.scan);
	return r;
}

/* --- include --- */

/* @pattern as seen from the directory of the file it stands in, to be freed by the caller. */
static char *from_directory_of(const char *path, const char *pattern)
{
	_cleanup_free_ char *copy = mem_strdup(path);

	return *pattern == '/' ? mem_strdup(pattern) : mem_printf("%s/%s", dirname(copy), pattern);
}

static int include_all(const glob_t *found)
{
	cfg_t *cfg = reader->cfg;
	_cleanup_free_ char *file = mem_strdup(cfg->filename);
	int line = cfg->line, r = 0;
	size_t tokens;

	for (size_t i = 0; !r && i < found->gl_pathc; i++)
		r = parse_file(found->gl_pathv[i], &tokens);
	free(cfg->filename);
	cfg->filename = take_ptr(file);
	cfg->line = line;
	return r;
}

/* A directory that cannot be read is an error; one that is not there holds no files. */
static int on_glob_error(const char *path, int code)
{
	return code != ENOENT && code != ENOTDIR;
}

static int include_pattern(const char *pattern)
{
	glob_t found = {};
	int r = glob(pattern, 0, on_glob_error, &found);

	if (r == 0)
		r = include_all(&found);
	else if (r != GLOB_NOMATCH)
		r = error_set(&reader->err, -EIO, "include(\"%s\"): cannot be searched for",
			      pattern);
	else if (strpbrk(pattern, "*?["))
		r = 0;
	else
		r = error_set(&reader->err, -EIO, "include(\"%s\"): there is no such file",
			      pattern);
	globfree(&found);
	return r;
}

static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	_cleanup_free_ char *pattern = NULL;
	int r;

	if (!*argv[0])
		r = error_set(&reader->err, -EINVAL, "include(\"\"): expected a file or pattern");
	else if (!reader->source->is_file)
		r = error_set(&reader->err, -EINVAL,
			      "include() is for the daemon's own file; this text was handed over, "
			      "and files would be read with the daemon's rights");
	else if (reader->nesting == NESTING_MAX)
		r = error_set(&reader->err, -ELOOP, "files included in files more than %d deep",
			      NESTING_MAX);
	else {
		pattern = from_directory_of(reader->source->path, argv[0]);
		reader->nesting++;
		r = include_pattern(pattern);
		reader->nesting--;
	}
	return r ? fail(cfg) : 0;
}

/* --- the whole --- */

static int read_text(const char *text, const char *name, size_t *ret_tokens)
{
	struct source source = {.path = name};
	_cleanup_free_ char *copy = NULL;
	size_t size = strlen(text);
	int r;

	if (size > CONFIG_BYTES_MAX)
		return error_set(&reader->err, -EFBIG,
				 "%s: is too large; expected at most %d bytes", name,
				 CONFIG_BYTES_MAX);
	copy = mem_strdup(text);
	r = parse_source(&source, copy, size);
	*ret_tokens = source.scan.tokens;
	scan_clear(&source.scan);
	return r;
}

/* @text NULL: from the file @name. */
static int read_model(const char *text, const char *name, struct model **ret)
{
	static const struct options_callbacks callbacks = {on_value, on_section, on_include};
	_cleanup_(cfg_free) cfg_t *cfg = options_new(&callbacks);
	size_t tokens = 0;
	int r;

	if (!cfg)
		return error_set(&reader->err, -ENOMEM, "%s: no memory", name);
	cfg_set_error_function(cfg, on_error);
	reader->cfg = cfg;
	r = text ? read_text(text, name, &tokens) : parse_file(name, &tokens);
	if (r)
		return r;
	if (!tokens) {
		error_set(&reader->err, -EINVAL,
			  "is empty; expected settings, or a service \"NAME\" { ... }");
		error_at(&reader->err, name, 0);
		return -EINVAL;
	}
	return build_model(cfg, ret, &reader->err);
}

static void format_digest(char ret[CONFIG_DIGEST_LEN])
{
	uint8_t raw[SHA256_DIGEST_SIZE];

	sha256_digest(&reader->digest, sizeof(raw), raw);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(ret + 2 * i, 3, "%02x", raw[i]);
}

static int read_with_reader(const char *text, const char *name, struct model **ret,
			    char *ret_digest, struct error *err)
{
	struct reader here = {};
	int r;

	sha256_init(&here.digest);
	reader = &here;
	r = read_model(text, name, ret);
	if (r && err)
		*err = here.err;
	if (!r && ret_digest)
		format_digest(ret_digest);
	reader = NULL;
	return r;
}

int config_read(const char *path, struct model **ret, char ret_digest[CONFIG_DIGEST_LEN],
		struct error *err)
{
	return read_with_reader(NULL, path, ret, ret_digest, err);
}

int config_read_text(const char *text, const char *name, struct model **ret, struct error *err)
{
	return read_with_reader(text, name, ret, NULL, err);
}

bool config_has_more(const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct scan scan;
	size_t size;
	bool more;
	int r = file_read(path, CONFIG_BYTES_MAX, &text, &size, NULL, NULL);

	if (r)
		return r != -ENOENT;
	if (scan_text(text, size, &scan, NULL))
		return true;
	more = scan.comments || scan.includes;
	scan_clear(&scan);
	return more;
}
