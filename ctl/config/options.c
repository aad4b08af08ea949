/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - see options.h */
#include "config/options.h"

#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/value.h"

#define KEYS_MAX 64 /* of a schema table */

/* The options of one object: its keys, then its sections. cfg_init() copies them. */
struct options {
	cfg_opt_t list[KEYS_MAX + 4];
	size_t n;
};

static void add(struct options *options, cfg_opt_t opt)
{
	options->list[options->n++] = opt;
	options->list[options->n] = (cfg_opt_t)CFG_END();
}

static void add_keys(struct options *options, const struct schema *schema, cfg_callback_t value)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		cfg_opt_t text = CFG_STR_CB(key->name, NULL, CFGF_NODEFAULT, value);
		cfg_opt_t list = CFG_STR_LIST_CB(key->name, NULL, CFGF_NODEFAULT, value);

		if (!(key->flags & SCHEMA_STATE))
			add(options, schema_is_list(key) ? list : text);
	}
}

static void add_section(struct options *options, const struct schema *schema,
			struct options *inside, cfg_validate_callback_t ended)
{
	/* without NO_TITLE_DUPES a second section of a name silently replaces the first */
	cfg_opt_t section = CFG_SEC(schema->object, inside->list,
				    CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);

	section.validcb = ended;
	add(options, section);
}

cfg_t *options_new(const struct options_callbacks *callbacks)
{
	struct options root = {}, service = {}, check = {}, backend = {};

	add_keys(&check, &check_schema, callbacks->value);
	add_keys(&backend, &backend_schema, callbacks->value);
	add_keys(&service, &service_schema, callbacks->value);
	add_section(&service, &check_schema, &check, callbacks->section);
	add_section(&service, &backend_schema, &backend, callbacks->section);
	add_keys(&root, &settings_schema, callbacks->value);
	add_section(&root, &service_schema, &service, callbacks->section);
	add(&root, (cfg_opt_t)CFG_FUNC("include", callbacks->include));
	return cfg_init(root.list, CFGF_NONE);
}

const struct schema *options_schema(const cfg_t *cfg)
{
	static const struct schema *const sections[] = {&service_schema, &check_schema,
							&backend_schema};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strcmp(cfg->name, sections[i]->object) == 0)
			return sections[i];
	return &settings_schema;
}

char *options_text(cfg_opt_t *opt, unsigned int count, const char *more)
{
	char *text = NULL;

	for (unsigned int i = 0; i < count + (more != NULL); i++) {
		const char *value = i < count ? cfg_opt_getnstr(opt, i) : more;
		char *longer = mem_printf("%s%s%s", text ?: "", i ? "," : "", value);

		free(text);
		text = longer;
	}
	return text;
}

const char *options_did_you_mean(const cfg_t *cfg, const char *name)
{
	const char *names[KEYS_MAX + 4];
	size_t n = 0;

	while (cfg->opts[n].name) {
		names[n] = cfg->opts[n].name;
		n++;
	}
	return value_did_you_mean(name, names, n);
}
