/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - what changed and why: a ring of the last EVENTS_MAX, each also a log line, and the
 * alarms that stand. Readers ask for what came after a sequence number; a reader that is too slow
 * misses the oldest and sees it by the gap in the numbers.
 */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include <jansson.h>
#include <stdint.h>

#define EVENTS_MAX        1024
#define EVENTS_ALARMS_MAX 8192 /* what is raised beyond is an event only */

enum event_level { EVENT_INFO, EVENT_WARNING, EVENT_ALARM };

struct events;

struct events *events_new(void);
struct events *events_free(struct events *events); /* takes NULL, returns NULL */

/* @kind is one word ("backend", "service", "config", "interface", "checker", "announce",
 * "capture", "pool");
 * @service and @backend may be NULL. */
void events_add(struct events *events, enum event_level level, const char *kind,
		const char *service, const char *backend, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* An alarm stands under @key until it is cleared (an event too); raising it again with the same
 * text is silent. */
void events_alarm(struct events *events, const char *kind, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void events_clear(struct events *events, const char *key); /* silent if it does not stand */
json_t *events_alarms(const struct events *events);        /* new reference: an array */

/* The first event whose seq is over @since as one JSON line with '\n', to be freed by the caller;
 * NULL if there is none yet. @ret_seq gets its number. */
char *events_next(const struct events *events, uint64_t since, uint64_t *ret_seq);

/* Call @wake after every event (followers). */
void events_on_add(struct events *events, void (*wake)(void *arg), void *arg);

#endif
