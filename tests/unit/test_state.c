/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_state.c - the state directory, and the files below it. */
#include "unit/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/state.h"
#include "model/model_json.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SEED   0xdeadbeefULL

static size_t count_files(const char *dir, const char *prefix)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static void write_state(const char *dir)
{
	_cleanup_(model_free) struct model *model = model_new();
	struct error err = {};

	if (state_write(dir, DIGEST, SEED, true, model, &err))
		fail_msg("%s", err.text);
}

static void test_no_state(void **state)
{
	struct state got = {.have = true, .seed = 1};

	assert_int_equal(state_read(*state, &got, NULL), 0);
	assert_false(got.have);
	assert_null(got.model);
	assert_int_equal(got.seed, 0);
	assert_int_equal(state_read(scratch_path(state, "missing"), &got, NULL), 0);
	assert_false(got.have);
}

static void test_read_what_was_written(void **state)
{
	const char *dir = scratch_path(state, "made");
	__u64 seed = 4;

	for (int i = 0; i < 50; i++) {
		_cleanup_(model_free) struct model *model = models_random_model(&seed);
		_cleanup_(json_decref) json_t *wrote = model_json_model(model, MODEL_JSON_SET),
					      *read;
		struct error err = {};
		struct state got = {};

		if (state_write(dir, DIGEST, SEED, i % 2, model, &err) ||
		    state_read(dir, &got, &err))
			fail_msg("seed 4, %d: %s", i, err.text);
		assert_true(got.have);
		assert_int_equal(got.changed, i % 2);
		assert_string_equal(got.digest, DIGEST);
		assert_int_equal(got.seed, SEED);
		read = model_json_model(got.model, MODEL_JSON_SET);
		assert_true(json_equal(wrote, read)); /* overrides, too */
		state_clear(&got);
		assert_null(got.model);
	}
	assert_int_equal(count_files(dir, ""), 1);
}

static void test_modes(void **state)
{
	const char *dir = scratch_path(state, "made");
	mode_t mask = umask(0);
	struct stat st;

	write_state(dir);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	umask(077);
	write_state(dir);
	assert_int_equal(stat(scratch_path(state, "made/state.json"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	umask(mask);
}

#define REST "\"seed\": \"1\", \"model\": {}"

static void test_damaged(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", "state.json: damaged: line 1"},
		{"{\"digest\": ", "state.json: damaged: line 1"},
		{"[]", "version is not 1"},
		{"{\"version\": 2, \"digest\": \"\", " REST "}", "version is not 1"},
		{"{\"version\": 1, " REST "}", "digest is not a SHA-256"},
		{"{\"version\": 1, \"digest\": \"abc\", " REST "}", "digest is not a SHA-256"},
		{"{\"version\": 1, \"digest\": \"\", \"model\": {}}", "seed is not"},
		{"{\"version\": 1, \"digest\": \"\", \"seed\": \"0\", \"model\": {}}",
		 "seed is not"},
		{"{\"version\": 1, \"digest\": \"\", \"seed\": \"xyz\", \"model\": {}}",
		 "seed is not"},
		{"{\"version\": 1, \"digest\": \"\", \"seed\": \"1\"}", "not a model"},
		{"{\"version\": 1, \"digest\": \"\", \"seed\": \"1\", \"model\": {\"services\": "
		 "[{}]}}",
		 "service 1 of the list"},
		{"{\"version\": 1, \"version\": 1, \"digest\": \"\", " REST "}", "duplicate"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state got = {};
		struct error err = {};

		scratch_write(state, "state.json", cases[i].text);
		models_assert_error(cases[i].text, state_read(*state, &got, &err), -EBADMSG, &err,
				    cases[i].error);
		assert_non_null(strstr(err.text, "state.json: damaged"));
		assert_false(got.have);
	}
	scratch_write(state, "state.json", "{\"version\": 1, \"digest\": \"\", " REST "}");
	struct state got = {};
	assert_int_equal(state_read(*state, &got, NULL), 0);
	state_clear(&got);
}

static void test_set_aside(void **state)
{
	char suffix[STATE_SUFFIX_LEN];
	struct error err = {};
	struct state got = {};

	assert_int_equal(state_set_aside(*state, "damaged", &err), -ENOENT);
	write_state(*state);
	for (int64_t now = 1700000000; now < 1700000008; now++) {
		state_overridden_suffix(now, suffix);
		assert_int_equal(state_set_aside(*state, suffix, &err), 0);
		assert_int_equal(state_set_aside(*state, suffix, &err), 0); /* again is fine */
		write_state(*state);
	}
	assert_int_equal(state_set_aside(*state, "damaged", &err), 0);
	assert_int_equal(count_files(*state, "state.json.overridden-"), STATE_OVERRIDDEN_MAX);
	/* the newest are kept, and the state itself stays until it is written */
	assert_int_equal(
		access(scratch_path(state, "state.json.overridden-20231114T221320Z"), F_OK), -1);
	assert_int_equal(
		access(scratch_path(state, "state.json.overridden-20231114T221327Z"), F_OK), 0);
	assert_int_equal(access(scratch_path(state, "state.json.damaged"), F_OK), 0);
	assert_int_equal(state_read(*state, &got, NULL), 0);
	assert_true(got.have);
	state_clear(&got);
}

/* What was set aside is not what is written next. */
static void test_aside_keeps_the_old(void **state)
{
	_cleanup_(model_free) struct model *model = model_new();
	_cleanup_free_ char *kept = NULL;
	size_t size;

	write_state(*state);
	assert_int_equal(state_set_aside(*state, "overridden-x", NULL), 0);
	assert_int_equal(state_write(*state, "", 7, true, model, NULL), 0);
	assert_int_equal(file_read(scratch_path(state, "state.json.overridden-x"), 1 << 20, &kept,
				   &size, NULL, NULL),
			 0);
	assert_non_null(strstr(kept, DIGEST));
}

static void test_write_errors(void **state)
{
	_cleanup_(model_free) struct model *model = model_new();
	const char *file = scratch_write(state, "file", "");
	struct error err = {};
	struct state got = {};

	models_assert_error("below a file", state_write(file, "", 1, true, model, &err), -ENOTDIR,
			    &err, "state.json");
	err = (struct error){};
	models_assert_error("below nothing",
			    state_write(scratch_path(state, "a/b"), "", 1, true, model, &err),
			    -ENOENT, &err, "a/b: cannot be made");
	/* nothing can be written to /proc, not even by root; as a disk that is full or read-only */
	err = (struct error){};
	assert_true(state_write("/proc/self", "", 1, true, model, &err) < 0);
	assert_non_null(strstr(err.text, "/proc/self/state.json: cannot be written"));
	/* a directory in the file's place: the rename fails, and nothing is left behind */
	assert_int_equal(mkdir(scratch_path(state, "state.json"), 0700), 0);
	assert_true(state_write(*state, "", 1, true, model, &err) < 0);
	assert_int_equal(access(scratch_path(state, "state.json.new"), F_OK), -1);
	assert_int_equal(state_read(*state, &got, &err), -EISDIR);
}

static void test_choice(void **state)
{
	static const struct {
		bool have_state, have_file;
		const char *state_digest, *file_digest;
		enum state_choice want;
	} cases[] = {
		{false, false, "", "", STATE_CHOOSE_NOTHING},
		{false, true, "", "a", STATE_CHOOSE_FILE},
		{true, true, "a", "a", STATE_CHOOSE_STATE},
		{true, true, "a", "b", STATE_CHOOSE_FILE_ASIDE},
		{true, true, "", "b", STATE_CHOOSE_FILE_ASIDE},
		{true, false, "a", "", STATE_CHOOSE_STATE},
		{true, false, "", "", STATE_CHOOSE_STATE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(state_choose(cases[i].have_state, cases[i].state_digest,
					      cases[i].have_file, cases[i].file_digest),
				 cases[i].want);
}

static void test_random_seed(void **state)
{
	uint64_t a = 0, b = 0;

	assert_int_equal(state_random_seed(&a, NULL), 0);
	assert_int_equal(state_random_seed(&b, NULL), 0);
	assert_true(a && b && a != b);
}

/* --- files --- */

static void test_file_replace_keeps_mode_and_link(void **state)
{
	const char *path = scratch_write(state, "real", "old");
	const char *link = scratch_path(state, "link");
	_cleanup_free_ char *text = NULL;
	struct stat like, st;
	size_t size;

	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(stat(path, &like), 0);
	assert_int_equal(file_replace(link, "newer", 5, 0640, &like, NULL), 0);
	assert_int_equal(file_read(path, 100, &text, &size, &st, NULL), 0);
	assert_string_equal(text, "newer");
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void test_file_limits(void **state)
{
	const char *path = scratch_write(state, "ten", "0123456789");
	struct error err = {};
	char *text = NULL;
	size_t size;

	assert_int_equal(file_read(path, 10, &text, &size, NULL, NULL), 0);
	assert_int_equal(size, 10);
	free(text);
	models_assert_error("too large", file_read(path, 9, &text, &size, NULL, &err), -EFBIG, &err,
			    "ten: is too large; expected at most 9 bytes");
	err = (struct error){};
	models_assert_error("directory", file_read(*state, 9, &text, &size, NULL, &err), -EISDIR,
			    &err, "is a directory; expected a file");
	err = (struct error){};
	models_assert_error("endless", file_read("/dev/zero", 100000, &text, &size, NULL, &err),
			    -EFBIG, &err, "/dev/zero: is too large");
	assert_int_equal(file_read("/dev/null", 9, &text, &size, NULL, NULL), 0);
	assert_int_equal(size, 0);
	free(text);
	/* its size is not known before */
	assert_int_equal(file_read("/proc/self/maps", 1 << 20, &text, &size, NULL, NULL), 0);
	assert_true(size > 0 && strlen(text) == size);
	free(text);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(test_no_state),
		IN_SCRATCH(test_read_what_was_written),
		IN_SCRATCH(test_modes),
		IN_SCRATCH(test_damaged),
		IN_SCRATCH(test_set_aside),
		IN_SCRATCH(test_aside_keeps_the_old),
		IN_SCRATCH(test_write_errors),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_random_seed),
		IN_SCRATCH(test_file_replace_keeps_mode_and_link),
		IN_SCRATCH(test_file_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
