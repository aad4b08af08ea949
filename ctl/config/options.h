/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - what libconfuse has to know, made from the schema tables: every key is a text (or a
 * list of texts), and the tables read it.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <confuse.h>

#include "model/schema.h"

struct options_callbacks {
	cfg_callback_t value; /* a key's value, before it is stored: tests it, and passes it on */
	cfg_validate_callback_t section; /* a section has ended; it is the option's last value */
	cfg_func_t include;
};

/* A parser for shunt.conf, to be freed with cfg_free(). Sections: service, and in it check and
 * backend. Keys of the state (SCHEMA_STATE) are unknown to it. */
cfg_t *options_new(const struct options_callbacks *callbacks);

/* The table that @cfg's keys are from: of the root or of a section. */
const struct schema *options_schema(const cfg_t *cfg);

/* The first @count values of @opt, and @more unless NULL, as one text: separated by commas. To be
 * freed by the caller. */
char *options_text(cfg_opt_t *opt, unsigned int count, const char *more);

/* The key or section of @cfg that @name was most likely meant to be, NULL if none is near. */
const char *options_did_you_mean(const cfg_t *cfg, const char *name);

#endif
