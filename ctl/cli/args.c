/* SPDX-License-Identifier: GPL-2.0-or-later */
/* args.c - see args.h */
#include "cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "model/model.h"
#include "model/value.h"

#define OPTION_NAME_MAX  64
#define OPTION_NAMES_MAX 96

/* One walk over argv. */
struct walk {
	int argc, at;
	char **argv;
	bool no_more_options; /* after -- */
	struct args *args;
};

static int usage_error(const struct args *args, const char *what, struct error *err)
{
	const struct command *c = args->command;

	return error_set(err, CLI_USAGE, "%s; usage: shunt %s%s%s%s%s", what, c->group ?: "",
			 c->group ? " " : "", c->name, *c->arguments ? " " : "", c->arguments);
}

/* --- options that every command takes --- */

static const struct global {
	char letter;
	const char *name;
	bool takes_value;
} globals[] = {
	{'s', "socket", true}, {'j', "json"}, {0, "color", true}, {'h', "help"}, {'V', "version"},
};

/* Is @option ("-j", "--json"; @length of it) this one? */
static bool is_global(const struct global *g, const char *option, size_t length)
{
	if (option[1] != '-')
		return length == 2 && option[1] == g->letter;
	return length == strlen(g->name) + 2 && strncmp(option + 2, g->name, length - 2) == 0;
}

static const struct global *find_global(const char *option, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(globals); i++)
		if (is_global(&globals[i], option, length))
			return &globals[i];
	return NULL;
}

static int set_color(struct args *args, const char *value, struct error *err)
{
	static const char *const names[] = {"auto", "always", "never"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(value, names[i]) == 0) {
			args->color = names[i];
			return 0;
		}
	return error_set(err, CLI_USAGE, "--color: '%s' is not one of auto, always, never", value);
}

static int set_global(struct args *args, const struct global *g, const char *value,
		      struct error *err)
{
	switch (g->name[0]) {
	case 's':
		if (!*value)
			return error_set(err, CLI_USAGE, "--socket: expected a path like %s",
					 CLI_SOCKET);
		args->socket = value;
		return 0;
	case 'c':
		return set_color(args, value, err);
	case 'j':
		args->json = true;
		return 0;
	case 'h':
		args->help = true;
		return 0;
	default:
		args->version = true;
		return 0;
	}
}

/* --- options of the command --- */

struct option {
	const struct global *global;
	const struct schema_key *key; /* of the object, or of its check */
	bool check;
	int flag; /* index in command->flags, -1 = none */
};

static int find_flag(const struct command *command, const char *name)
{
	for (int i = 0; i < COMMAND_FLAGS_MAX && command->flags[i].name; i++)
		if (strcmp(command->flags[i].name, name) == 0)
			return i;
	return -1;
}

static const struct schema_key *find_key(const struct command *command, const char *name,
					 bool check)
{
	const struct schema_key *key;

	if (strchr(name, '_'))
		return NULL; /* options are written with - */
	key = schema_find(check ? &check_schema : command->keys, name);
	return key && command_takes_key(command, key, check) ? key : NULL;
}

/* @name without the dashes. False if the command has no such option. */
static bool find_option(const struct command *command, const char *name, struct option *ret)
{
	static const char prefix[] = COMMAND_CHECK "-";

	ret->flag = find_flag(command, name);
	if (ret->flag >= 0)
		return true;
	if (command->checks) {
		ret->check = true;
		if (strcmp(name, COMMAND_CHECK) == 0)
			ret->key = schema_find(&check_schema, "kind");
		else if (strncmp(name, prefix, strlen(prefix)) == 0)
			ret->key = find_key(command, name + strlen(prefix), true);
		if (ret->key)
			return true;
	}
	ret->check = false;
	if (command->keys)
		ret->key = find_key(command, name, false);
	return ret->key;
}

/* Every option's name, to find the one that was meant. */
static size_t option_names(const struct command *command, char names[][OPTION_NAME_MAX], size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(globals) && n < max; i++)
		snprintf(names[n++], OPTION_NAME_MAX, "%s", globals[i].name);
	if (!command)
		return n;
	for (size_t i = 0; i < COMMAND_FLAGS_MAX && command->flags[i].name && n < max; i++)
		snprintf(names[n++], OPTION_NAME_MAX, "%s", command->flags[i].name);
	for (size_t i = 0; command->keys && i < command->keys->count && n < max; i++)
		if (command_takes_key(command, &command->keys->keys[i], false))
			snprintf(names[n++], OPTION_NAME_MAX, "%s", command->keys->keys[i].name);
	for (size_t i = 0; command->checks && i < check_schema.count && n < max; i++)
		if (command_takes_key(command, &check_schema.keys[i], true))
			snprintf(names[n++], OPTION_NAME_MAX, COMMAND_CHECK "-%s",
				 check_schema.keys[i].name);
	if (command->checks && n < max)
		snprintf(names[n++], OPTION_NAME_MAX, COMMAND_CHECK);
	for (size_t i = 0; i < n; i++)
		for (char *p = names[i]; (p = strchr(p, '_'));)
			*p = '-';
	return n;
}

static int unknown_option(const struct command *command, const char *option, struct error *err)
{
	char names[OPTION_NAMES_MAX][OPTION_NAME_MAX];
	const char *list[OPTION_NAMES_MAX], *near = NULL;
	size_t n = option_names(command, names, OPTION_NAMES_MAX);
	const char *group = command && command->group ? command->group : "";

	for (size_t i = 0; i < n; i++)
		list[i] = names[i];
	if (strncmp(option, "--", 2) == 0 && option[2])
		near = value_did_you_mean(option + 2, list, n);
	if (near)
		return error_set(err, CLI_USAGE, "unknown option %s; did you mean --%s?", option,
				 near);
	return error_set(
		err, CLI_USAGE, "unknown option %s; `shunt help%s%s%s%s` lists what there is",
		option, *group ? " " : "", group, command ? " " : "", command ? command->name : "");
}

/* A key that can be given to `add` alone says so. */
static int refuse_option(const struct command *command, const char *option, struct error *err)
{
	const struct schema_key *key = NULL;

	if (command && command->keys && !command->adds && strncmp(option, "--", 2) == 0 &&
	    !strchr(option, '_'))
		key = schema_find(command->keys, option + 2);
	if (key && (key->flags & SCHEMA_FIXED))
		return error_set(err, CLI_USAGE,
				 "%s cannot be changed; remove the %s and add it anew", option,
				 command->keys->object);
	return unknown_option(command, option, err);
}

/* schema_test() with the error named after the option instead of the key. */
static int test_value(const char *option, const struct schema_key *key, const char *value,
		      struct error *err)
{
	struct error inner = {};
	size_t skip = strlen(key->name) + 2; /* "key: " */

	if (schema_test(key, value, &inner) == 0)
		return 0;
	if (strlen(inner.text) < skip || strncmp(inner.text, key->name, skip - 2) != 0)
		skip = 0;
	return error_set(err, -EINVAL, "%s: %s", option, inner.text + skip);
}

static int add_value(struct args *args, const char *option, const struct option *found,
		     const char *value, struct error *err)
{
	int r = test_value(option, found->key, value, err);

	if (r)
		return r;
	if (!schema_is_list(found->key) && args_value(args, found->key->name, found->check))
		return error_set(err, CLI_USAGE, "%s is given twice", option);
	if (args->values_count == ARGS_VALUES_MAX)
		return error_set(err, CLI_USAGE, "more than %d options", ARGS_VALUES_MAX);
	args->values[args->values_count++] =
		(struct args_value){.key = found->key, .check = found->check, .text = value};
	return 0;
}

/* A boolean's value may be left out: the next word is taken only if it is one. */
static const char *boolean_value(struct walk *walk, const struct schema_key *key)
{
	const char *next = walk->at < walk->argc ? walk->argv[walk->at] : NULL;

	if (!next || schema_test(key, next, NULL))
		return "true";
	walk->at++;
	return next;
}

static int take_value(struct walk *walk, const char *option, const struct schema_key *key,
		      const char **value, struct error *err)
{
	if (*value)
		return 0;
	if (key && key->type == SCHEMA_BOOL) {
		*value = boolean_value(walk, key);
		return 0;
	}
	if (walk->at == walk->argc)
		return error_set(err, CLI_USAGE, "%s: expected a value%s%s%s behind it", option,
				 key ? ", " : "", key ? key->arg : "", key ? "," : "");
	*value = walk->argv[walk->at++];
	return 0;
}

static int no_value(const char *option, const char *value, struct error *err)
{
	return value ? error_set(err, CLI_USAGE, "%s takes no value", option) : 0;
}

/* Of "--name", or of the letter that stands for it; NULL: none of the command's. */
static const char *option_name(const struct command *command, const char *option)
{
	if (option[1] == '-')
		return option + 2;
	return option[1] == command->letter && !option[2] ? command->letter_of : NULL;
}

/* argv[at] is an option: take it and its value. */
static int take_option(struct walk *walk, struct error *err)
{
	const char *text = walk->argv[walk->at++];
	const char *equals = text[1] == '-' ? strchr(text, '=') : NULL;
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const char *value = equals ? equals + 1 : NULL;
	struct args *args = walk->args;
	struct option found = {.global = find_global(text, length), .flag = -1};
	char option[OPTION_NAME_MAX];
	const char *name;
	int r;

	if (length >= sizeof(option))
		return error_set(err, CLI_USAGE, "unknown option %.40s...", text);
	memcpy(option, text, length);
	option[length] = '\0';
	if (found.global) {
		r = found.global->takes_value ? take_value(walk, option, NULL, &value, err)
					      : no_value(option, value, err);
		return r ? r : set_global(args, found.global, value, err);
	}
	if (!args->command || !(name = option_name(args->command, option)) ||
	    !find_option(args->command, name, &found))
		return refuse_option(args->command, option, err);
	if (found.flag >= 0) {
		args->flags[found.flag] = true;
		return no_value(option, value, err);
	}
	r = take_value(walk, option, found.key, &value, err);
	return r ? r : add_value(args, option, &found, value, err);
}

/* --- words --- */

static bool is_option(const struct walk *walk, const char *text)
{
	return !walk->no_more_options && text[0] == '-' && text[1];
}

/* The next word that is no option, taking options on the way; NULL in *ret at the end. */
static int next_word(struct walk *walk, const char **ret, struct error *err)
{
	int r;

	while (walk->at < walk->argc) {
		const char *text = walk->argv[walk->at];

		if (!is_option(walk, text)) {
			walk->at++;
			*ret = text;
			return 0;
		}
		if (strcmp(text, "--") == 0) {
			walk->no_more_options = true;
			walk->at++;
			continue;
		}
		r = take_option(walk, err);
		if (r)
			return r;
	}
	*ret = NULL;
	return 0;
}

/* The command: one word, or a group and one of its words. */
static int take_command(struct walk *walk, struct error *err)
{
	const char *group = NULL, *word;
	int r = next_word(walk, &word, err);

	if (!r && word && command_is_group(word)) {
		group = word;
		r = next_word(walk, &word, err);
	}
	if (r)
		return r;
	walk->args->group = group;
	if (!word)
		return group && !walk->args->help ? command_unknown(group, NULL, err) : 0;
	walk->args->command = command_find(group, word);
	return walk->args->command ? 0 : command_unknown(group, word, err);
}

static int check_words(const struct args *args, struct error *err)
{
	if (args->words_count < args->command->words_min)
		return usage_error(args, "too few arguments", err);
	for (size_t i = 0; i < args->words_count; i++)
		if (!*args->words[i])
			return usage_error(args, "an argument is empty", err);
	return 0;
}

int args_parse(int argc, char **argv, struct args *ret, struct error *err)
{
	struct args args = {};
	struct walk walk = {.argc = argc, .at = 1, .argv = argv, .args = &args};
	const char *word;
	int r = take_command(&walk, err);

	while (!r && args.command) {
		r = next_word(&walk, &word, err);
		if (r || !word)
			break;
		if (args.words_count == args.command->words_max) {
			char what[128];

			snprintf(what, sizeof(what), "'%.80s' is one argument too many", word);
			return usage_error(&args, what, err);
		}
		args.words[args.words_count++] = word;
	}
	if (!r && args.command && !args.help)
		r = check_words(&args, err);
	if (r)
		return r;
	*ret = args;
	return 0;
}

/* --- looking at the result --- */

bool args_flag(const struct args *args, const char *flag)
{
	int i = find_flag(args->command, flag);

	return i >= 0 && args->flags[i];
}

const char *args_value(const struct args *args, const char *key, bool check)
{
	for (size_t i = 0; i < args->values_count; i++)
		if (args->values[i].check == check && strcmp(args->values[i].key->name, key) == 0)
			return args->values[i].text;
	return NULL;
}

bool args_have_check(const struct args *args)
{
	for (size_t i = 0; i < args->values_count; i++)
		if (args->values[i].check)
			return true;
	return false;
}

json_t *args_keys(const struct args *args)
{
	json_t *json = json_object();

	for (size_t i = 0; i < args->values_count; i++) {
		const struct args_value *value = &args->values[i];
		const char *name = value->key->name, *before;

		if (value->check)
			continue;
		before = json_string_value(json_object_get(json, name)); /* of a list */
		json_object_set_new(
			json, name,
			json_sprintf("%s%s%s", before ?: "", before ? "," : "", value->text));
	}
	return json;
}
