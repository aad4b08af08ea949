/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.c - see events.h */
#include "daemon/events.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <time.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#define TEXT_MAX 896 /* what a log line and a reader have room for */

struct alarm {
	char *key, *kind, *text;
	double since;
	UT_hash_handle by_key;
};

struct events {
	char *lines[EVENTS_MAX]; /* event n is in lines[n % EVENTS_MAX] */
	uint64_t last;           /* its number; the first is 1 */
	struct alarm *alarms;    /* uthash by_key, oldest first */
	void (*wake)(void *arg);
	void *wake_arg;
};

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[EVENT_INFO] = {"info", LOG_INFO},
	[EVENT_WARNING] = {"warning", LOG_WARNING},
	[EVENT_ALARM] = {"alarm", LOG_ERR},
};

struct events *events_new(void)
{
	return mem_zalloc(sizeof(struct events));
}

static void drop_alarm(struct events *events, struct alarm *alarm)
{
	HASH_DELETE(by_key, events->alarms, alarm);
	free(alarm->key);
	free(alarm->kind);
	free(alarm->text);
	free(alarm);
}

struct events *events_free(struct events *events)
{
	if (!events)
		return NULL;
	while (events->alarms)
		drop_alarm(events, events->alarms);
	for (size_t i = 0; i < EVENTS_MAX; i++)
		free(events->lines[i]);
	free(events);
	return NULL;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec + ts.tv_nsec / 1000000 / 1e3;
}

static char *event_line(uint64_t seq, enum event_level level, const char *kind, const char *service,
			const char *backend, const char *text)
{
	json_t *json = json_pack("{s:I, s:f, s:s}", "seq", (json_int_t)seq, "time", now(), "level",
				 levels[level].name);
	_cleanup_free_ char *dump = NULL;

	/* a NULL or what is no UTF-8 is left out */
	json_object_set_new(json, "kind", json_string(kind));
	json_object_set_new(json, "service", service ? json_string(service) : NULL);
	json_object_set_new(json, "backend", backend ? json_string(backend) : NULL);
	json_object_set_new(json, "text", json_string(text));
	dump = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(13));
	json_decref(json);
	return mem_printf("%s\n", dump);
}

static void add(struct events *events, enum event_level level, const char *kind,
		const char *service, const char *backend, const char *text)
{
	uint64_t seq = events->last + 1;
	char **line = &events->lines[seq % EVENTS_MAX];

	free(*line);
	*line = event_line(seq, level, kind, service, backend, text);
	events->last = seq;
	log_line(levels[level].priority, "%s", text);
	if (events->wake)
		events->wake(events->wake_arg);
}

#define format_text(text, format)                                                                  \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		vsnprintf(text, sizeof(text), format, args);                                       \
		va_end(args);                                                                      \
		text_clean(text);                                                                  \
	} while (0)

void events_add(struct events *events, enum event_level level, const char *kind,
		const char *service, const char *backend, const char *format, ...)
{
	char text[TEXT_MAX];

	format_text(text, format);
	add(events, level, kind, service, backend, text);
}

/* The alarm under @key, made if it does not stand; NULL when EVENTS_ALARMS_MAX stand already. */
static struct alarm *find_or_add_alarm(struct events *events, const char *kind, const char *key)
{
	struct alarm *alarm;

	HASH_FIND(by_key, events->alarms, key, strlen(key), alarm);
	if (alarm || HASH_CNT(by_key, events->alarms) >= EVENTS_ALARMS_MAX)
		return alarm;
	alarm = mem_zalloc(sizeof(*alarm));
	alarm->key = mem_strdup(key);
	alarm->kind = mem_strdup(kind);
	alarm->since = now();
	HASH_ADD_KEYPTR(by_key, events->alarms, alarm->key, strlen(alarm->key), alarm);
	return alarm;
}

void events_alarm(struct events *events, const char *kind, const char *key, const char *format, ...)
{
	struct alarm *alarm = find_or_add_alarm(events, kind, key);
	char text[TEXT_MAX];

	format_text(text, format);
	if (alarm && alarm->text && strcmp(alarm->text, text) == 0)
		return;
	if (alarm) {
		free(alarm->text);
		alarm->text = mem_strdup(text);
	}
	add(events, EVENT_ALARM, kind, NULL, NULL, text);
}

void events_clear(struct events *events, const char *key)
{
	struct alarm *alarm;

	HASH_FIND(by_key, events->alarms, key, strlen(key), alarm);
	if (!alarm)
		return;
	events_add(events, EVENT_INFO, alarm->kind, NULL, NULL, "no longer: %s", alarm->text);
	drop_alarm(events, alarm);
}

json_t *events_alarms(const struct events *events)
{
	json_t *list = json_array();

	for (struct alarm *alarm = events->alarms; alarm; alarm = alarm->by_key.next)
		json_array_append_new(
			list, json_pack("{s:f, s:s}", "since", alarm->since, "text", alarm->text));
	return list;
}

char *events_next(const struct events *events, uint64_t since, uint64_t *ret_seq)
{
	uint64_t oldest = events->last < EVENTS_MAX ? 1 : events->last - EVENTS_MAX + 1;
	uint64_t seq;

	if (since >= events->last)
		return NULL;
	seq = since + 1 < oldest ? oldest : since + 1;
	*ret_seq = seq;
	return mem_strdup(events->lines[seq % EVENTS_MAX]);
}

void events_on_add(struct events *events, void (*wake)(void *arg), void *arg)
{
	events->wake = wake;
	events->wake_arg = arg;
}
