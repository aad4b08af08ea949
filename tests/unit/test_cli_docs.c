/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cli_docs.c - help and manual say what the tables say: every command, option and exit code.
 */
#include "unit/cli_fixture.h"

#include "cli/command.h"
#include "model/model.h"

#define MANUAL     "docs/man/shunt.8.scd" /* tests run in the tree's top */
#define MANUAL_MAX (1 << 20)

static char *manual;

static int read_manual(void **state)
{
	FILE *f = fopen(MANUAL, "r");
	size_t n;

	if (!f)
		return -1;
	manual = mem_zalloc(MANUAL_MAX);
	n = fread(manual, 1, MANUAL_MAX - 1, f);
	fclose(f);
	return n ? 0 : -1;
}

static int free_manual(void **state)
{
	free(manual);
	return 0;
}

static char *words_of(const struct command *c)
{
	return mem_printf("%s%s%s", c->group ?: "", c->group ? " " : "", c->name);
}

/* The part of the manual about one command: from its line to the next command's, or heading. */
static char *section(const struct command *c)
{
	_cleanup_free_ char *words = words_of(c), *start = mem_printf("\n*shunt %s*", words);
	const char *from = strstr(manual, start), *end = NULL, *heading = NULL;
	char *copy;

	if (!from)
		fail_msg("%s does not have: *shunt %s*", MANUAL, words);
	end = strstr(from + 1, "\n*shunt ");
	heading = strstr(from + 1, "\n# ");
	if (!end || (heading && heading < end))
		end = heading;
	copy = mem_strdup(from);
	if (end)
		copy[end - from] = '\0';
	return copy;
}

static void assert_option(const struct command *c, const char *prefix, const char *name)
{
	_cleanup_free_ char *option = mem_printf("\n\t*--%s%s*", prefix, name), *text = section(c);

	for (char *p = option; (p = strchr(p, '_'));)
		*p = '-';
	if (!strstr(text, option))
		fail_msg("%s, shunt %s %s, does not have %s", MANUAL, c->group ?: "", c->name,
			 option + 2);
}

/* Keys of an object stand under `add`, and `set` refers to them; a command may have its own. */
static bool has_keys(const struct command *c)
{
	return c->adds || (c->keys && strcmp(c->keys->object, c->name) == 0);
}

static void test_manual_has_all(void **state)
{
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *c = &commands[i];
		_cleanup_free_ char *text = section(c), *words = words_of(c);
		_cleanup_free_ char *example = mem_printf("\n\t\tshunt %s", words);

		assert_has(text, example);
		for (size_t j = 0; j < COMMAND_FLAGS_MAX && c->flags[j].name; j++)
			assert_option(c, "", c->flags[j].name);
		for (size_t j = 0; has_keys(c) && j < c->keys->count; j++)
			if (command_takes_key(c, &c->keys->keys[j], false))
				assert_option(c, "", c->keys->keys[j].name);
		for (size_t j = 0; c->adds && c->checks && j < check_schema.count; j++)
			if (command_takes_key(c, &check_schema.keys[j], true))
				assert_option(c, "check-", check_schema.keys[j].name);
	}
}

/* Defaults in the manual are those of the tables. */
static void test_manual_has_defaults(void **state)
{
	const struct command *c = command_find("service", "add");
	_cleanup_free_ char *text = section(c);

	for (size_t i = 0; i < check_schema.count; i++) {
		const struct schema_key *key = &check_schema.keys[i];
		_cleanup_free_ char *option = mem_printf("*--check-%s*", key->name),
				    *fallback = mem_printf("Default: %s", key->fallback);
		const char *at = strstr(text, option);

		if (!command_takes_key(c, key, true))
			continue;
		assert_non_null(at);
		at = strstr(at, "Default: ");
		assert_non_null(at);
		if (strncmp(at, fallback, strlen(fallback)) != 0)
			fail_msg("%s: %.20s, expected %s", option, at, fallback);
	}
}

static void test_manual_has_the_rest(void **state)
{
	static const char *const needed[] = {
		"*--socket*", "*-s*",      "*--json*",    "*-j*",
		"*--color*",  "*--help*",  "*--version*", "*SHUNT_SOCKET*",
		"*NO_COLOR*", CLI_SOCKET,  "*shuntd*(8)", "*shunt.conf*(5)",
		"\n*0*\n\t",  "\n*1*\n\t", "\n*2*\n\t",   "\n*3*\n\t",
		"\n*4*\n\t",
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		assert_has(manual, needed[i]);
	/* each exit code there is, and no more */
	assert_int_equal(CLI_EXIT_MISSING, 4);
	assert_null(strstr(manual, "\n*5*\n"));
}

/* Each example of a command is one: it is understood as that command, and as nothing else. */
static void check_example(const struct command *c, char *line)
{
	char *argv[FIXTURE_WORDS];
	struct args args = {};
	struct error err = {};
	int argc = split(line, argv);

	if (args_parse(argc - 1, argv + 1, &args, &err))
		fail_msg("example of %s %s: %s", c->group ?: "", c->name, err.text);
	assert_ptr_equal(args.command, c);
}

static void test_examples(void **state)
{
	for (size_t i = 0; i < commands_count; i++) {
		_cleanup_free_ char *copy = mem_strdup(commands[i].example);
		char *rest = copy, *line;

		while ((line = strsep(&rest, "\n"))) {
			assert_int_equal(strncmp(line, "  shunt ", 8), 0);
			check_example(&commands[i], line + 2);
		}
	}
}

static void test_help_of_each(void **state)
{
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *c = &commands[i];
		_cleanup_free_ char *words = words_of(c), *option = mem_printf("%s --help", words),
				    *line = mem_printf("help %s", words),
				    *usage = mem_printf("usage: shunt %s", words);
		_cleanup_run_ struct run by_option = run_shunt(NULL, option),
					 by_command = run_shunt(NULL, line);

		assert_int_equal(by_option.code, 0);
		assert_int_equal(strncmp(by_option.out, usage, strlen(usage)), 0);
		assert_has(by_option.out, c->example);
		assert_string_equal(by_option.out, by_command.out);
		assert_string_equal(by_option.err, "");
		assert_string_equal(by_option.asked, "");
	}
}

static void test_help_of_keys(void **state)
{
	_cleanup_run_ struct run add = run_shunt(NULL, "help service add"),
				 set = run_shunt(NULL, "service set web --help"),
				 backend = run_shunt(NULL, "backend --help add");

	assert_has(add.out, "--table-size PRIME");
	assert_has(add.out, "(251 to 1048573; default 16381)");
	assert_has(add.out, "--check-interval TIME");
	assert_has(add.out, "(100ms to 1h; default 2s)");
	assert_has(add.out, "--check tcp|none");
	assert_null(strstr(add.out, "--check-kind"));
	assert_null(strstr(set.out, "--table-size"));
	assert_has(set.out, "--forward dr|nat");
	assert_has(set.out, "--mss off|auto|N");
	assert_has(set.out, "(536 to 9000; default off)");
	assert_has(backend.out, "--weight N");
	assert_has(backend.out, "(0 to 65535; default 1)");
	assert_null(strstr(backend.out, "override"));
}

static void test_help_of_all(void **state)
{
	_cleanup_run_ struct run all = run_shunt(NULL, "help"), option = run_shunt(NULL, "--help"),
				 group = run_shunt(NULL, "help backend"),
				 group_option = run_shunt(NULL, "backend -h");

	assert_int_equal(all.code, 0);
	assert_string_equal(all.out, option.out);
	assert_string_equal(group.out, group_option.out);
	for (size_t i = 0; i < commands_count; i++) {
		_cleanup_free_ char *words = words_of(&commands[i]);

		assert_has(all.out, words);
		assert_has(all.out, commands[i].help);
		if (commands[i].group && strcmp(commands[i].group, "backend") == 0)
			assert_has(group.out, commands[i].help);
	}
	assert_null(strstr(group.out, "service add"));
}

/* Its lines fit the smallest terminal. */
static void test_help_is_not_wide(void **state)
{
	_cleanup_run_ struct run all = run_shunt(NULL, "help");

	for (char *rest = all.out, *line; (line = strsep(&rest, "\n"));)
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual_has_all),
		cmocka_unit_test(test_manual_has_defaults),
		cmocka_unit_test(test_manual_has_the_rest),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_help_of_each),
		cmocka_unit_test(test_help_of_keys),
		cmocka_unit_test(test_help_of_all),
		cmocka_unit_test(test_help_is_not_wide),
	};

	return cmocka_run_group_tests(tests, read_manual, free_manual);
}
