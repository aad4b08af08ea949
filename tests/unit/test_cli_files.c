/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cli_files.c - check, apply, diff and save with files: what is sent, and what is left alone.
 */
#include "unit/cli_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cli/input.h"
#include "unit/temporary.h"

#define CONF "service \"web\" {\n\taddress = \"tcp:192.0.2.10:80\"\n}\n"

static char dir[TEMPORARY_LEN];

static int make_dir(void **state)
{
	return mkdtemp(temporary_template(dir)) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"new.conf", "old.conf", "link.conf", "fifo"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(names[i]);
	return chdir("/") == 0 ? rmdir(dir) : -1; /* so nothing else was left there */
}

static void write_file(const char *name, const char *text, size_t size)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	fclose(f);
}

static void assert_file(const char *name, const char *text)
{
	_cleanup_free_ char *got = NULL;
	struct error err;

	assert_int_equal(input_read(name, &got, &err), 0);
	assert_string_equal(got, text);
}

/* --- in --- */

static void test_apply_sends_the_file(void **state)
{
	_cleanup_free_ char *asked = NULL, *real = realpath(dir, NULL);

	write_file("new.conf", CONF, strlen(CONF));
	asked = mem_printf(
		"POST /v1/apply?dry_run=1 {\"text\":\"service \\\"web\\\" {\\n\\taddress = "
		"\\\"tcp:192.0.2.10:80\\\"\\n}\\n\",\"name\":\"%s/new.conf\"}\n",
		real);
	_cleanup_run_ struct run dry = run_shunt(NULL, "apply --dry-run new.conf"),
				 wet = run_shunt(NULL, "apply new.conf"),
				 diff = run_shunt(NULL, "diff new.conf");
	assert_int_equal(dry.code, 0);
	assert_string_equal(dry.asked, asked);
	assert_string_equal(dry.out, "nothing to change\n");
	assert_int_equal(strncmp(wet.asked, "POST /v1/apply {", 16), 0);
	assert_int_equal(strncmp(diff.asked, "POST /v1/diff {", 15), 0);
	assert_string_equal(diff.out, "no difference\n");
}

static void test_apply_standard_input(void **state)
{
	int saved = dup(STDIN_FILENO), fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	_cleanup_run_ struct run run = run_shunt(NULL, "apply -");
	dup2(saved, STDIN_FILENO);
	close(saved);
	assert_int_equal(run.code, 0);
	assert_string_equal(run.asked,
			    "POST /v1/apply {\"text\":\"x\",\"name\":\"standard input\"}\n");
}

static void assert_refused(const char *line, const char *says)
{
	_cleanup_run_ struct run run = run_shunt(NULL, line);

	assert_int_equal(run.code, 1);
	assert_one_line(run.err);
	assert_has(run.err, says);
	assert_string_equal(run.out, "");
}

static void test_files_that_are_no_text(void **state)
{
	_cleanup_free_ char *large = mem_zalloc(INPUT_MAX + 1);

	write_file("new.conf", "a\0b", 3);
	assert_refused("apply new.conf", "new.conf: has a NUL byte");
	write_file("new.conf", "\xff", 1);
	assert_refused("apply new.conf", "is not UTF-8 text");
	memset(large, '#', INPUT_MAX + 1);
	write_file("new.conf", large, INPUT_MAX + 1);
	assert_refused("apply new.conf", "new.conf: too large; expected at most 4194304 bytes");
	write_file("new.conf", large, INPUT_MAX);
	_cleanup_run_ struct run run = run_shunt(NULL, "apply new.conf");
	assert_int_equal(run.code, 0);
}

static void test_check(void **state)
{
	write_file("new.conf", CONF, strlen(CONF));
	_cleanup_run_ struct run right = run_shunt(NULL, "check new.conf"),
				 json = run_shunt(NULL, "check new.conf --json");
	assert_string_equal(right.out, "new.conf: right; services: 1, backends: 0\n");
	assert_string_equal(right.asked, "");
	assert_has(json.out, "\"services\": 1");
	write_file("new.conf", "service \"web\" {\n\tadress = \"x\"\n}\n", 32);
	_cleanup_run_ struct run wrong = run_shunt(NULL, "check new.conf");
	assert_int_equal(wrong.code, 1);
	assert_one_line(wrong.err);
	assert_has(wrong.err, "shunt: new.conf:2: ");
	assert_has(wrong.err, "address");
	assert_string_equal(wrong.out, "");
}

/* --- out --- */

static const struct answer conf[] = {{"GET /v1/config?format=conf", 200, CONF}, {}};

static void test_save_new(void **state)
{
	mode_t old = umask(027);
	struct stat st;

	unlink("new.conf");
	_cleanup_run_ struct run run = run_shunt(conf, "save new.conf");
	umask(old);
	assert_int_equal(run.code, 0);
	assert_string_equal(run.out, "");
	assert_string_equal(run.asked, "GET /v1/config?format=conf\n");
	assert_file("new.conf", CONF);
	assert_int_equal(stat("new.conf", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void test_save_over(void **state)
{
	struct stat st;

	write_file("old.conf", "# mine\n", 7);
	chmod("old.conf", 0604);
	_cleanup_run_ struct run kept = run_shunt(conf, "save old.conf");
	assert_int_equal(kept.code, 1);
	assert_one_line(kept.err);
	assert_has(kept.err, "old.conf exists already; expected a new file, or --force");
	assert_file("old.conf", "# mine\n");
	_cleanup_run_ struct run forced = run_shunt(conf, "save --force old.conf");
	assert_int_equal(forced.code, 0);
	assert_file("old.conf", CONF);
	assert_int_equal(stat("old.conf", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
}

static void test_save_through_a_link(void **state)
{
	struct stat st;

	write_file("old.conf", "# mine\n", 7);
	unlink("link.conf");
	assert_int_equal(symlink("old.conf", "link.conf"), 0);
	_cleanup_run_ struct run kept = run_shunt(conf, "save link.conf"),
				 forced = run_shunt(conf, "save --force link.conf");
	assert_int_equal(kept.code, 1);
	assert_int_equal(forced.code, 0);
	assert_int_equal(lstat("link.conf", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_file("old.conf", CONF);
}

static void test_save_elsewhere(void **state)
{
	_cleanup_run_ struct run out = run_shunt(conf, "save -"),
				 nowhere = run_shunt(conf, "save nowhere/new.conf"),
				 device = run_shunt(conf, "save --force /dev/null"),
				 directory = run_shunt(conf, "save --force .");

	assert_int_equal(out.code, 0);
	assert_string_equal(out.out, CONF);
	assert_int_equal(nowhere.code, 1);
	assert_one_line(nowhere.err);
	assert_has(nowhere.err, "nowhere/new.conf: cannot be written: No such file or directory");
	assert_int_equal(device.code, 1);
	assert_has(device.err, "/dev/null is no regular file");
	assert_int_equal(directory.code, 1);
	assert_has(directory.err, ". is no regular file");
}

/* When the daemon refuses, no file appears. */
static void test_save_refused(void **state)
{
	static const struct answer no[] = {{NULL, 500, "{\"error\":\"no\"}"}, {}};

	unlink("new.conf");
	_cleanup_run_ struct run run = run_shunt(no, "save new.conf");
	assert_int_equal(run.code, 1);
	assert_int_equal(access("new.conf", F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply_sends_the_file),
		cmocka_unit_test(test_apply_standard_input),
		cmocka_unit_test(test_files_that_are_no_text),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_save_new),
		cmocka_unit_test(test_save_over),
		cmocka_unit_test(test_save_through_a_link),
		cmocka_unit_test(test_save_elsewhere),
		cmocka_unit_test(test_save_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
