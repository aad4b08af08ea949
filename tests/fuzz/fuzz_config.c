/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_config.c - any bytes as shunt.conf: refused with a reason in one line, or read; and what was
 * read must come back the same from what is written of it.
 */
#include <jansson.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "config/scan.h"
#include "model/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

/* The scan alone, which also sees NUL bytes. */
static void scan(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = mem_zalloc(size + 1);
	struct scan result;

	memcpy(copy, data, size);
	if (scan_text(copy, size, &result, NULL) == 0)
		scan_clear(&result);
}

static void read_back(const struct model *model)
{
	_cleanup_(model_free) struct model *back = NULL;
	_cleanup_free_ char *written = config_write(model), *again = NULL;
	struct error err = {};
	json_t *changes;

	must(config_read_text(written, "written", &back, &err) == 0, err.text, written);
	changes = model_diff(model, back);
	must(json_array_size(changes) == 0, "not the same", written);
	json_decref(changes);
	again = config_write(back);
	must(strcmp(written, again) == 0, again, written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(model_free) struct model *model = NULL;
	_cleanup_free_ char *text = mem_zalloc(size + 1);
	struct error err = {};

	scan(data, size);
	memcpy(text, data, size);
	if (config_read_text(text, "fuzz", &model, &err) == 0) {
		read_back(model);
		return 0;
	}
	must(err.code < 0 && err.text[0] && text_is_clean(err.text), "no good error", text);
	must(!strcmp(err.file, "fuzz") || strstr(err.text, "fuzz"), err.text, text);
	return 0;
}
