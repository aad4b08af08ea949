/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checker_link.c - see checker_link.h */
#include "daemon/checker_link.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <uthash.h>
#include <utlist.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/model.h"
#include "model/value.h"

#define MS            1000ull
#define AT_A_TIME     64 /* messages a turn of the loop, each way */
#define TURNS_MAX     40 /* in TURNS_MS: a checker that floods us gets a part of the loop only */
#define TURNS_MS      10
#define LASTED_MS     CHECKER_LINK_BACKOFF_MAX_MS /* after which the next is started soon again */
#define LINK_TEXT_LEN 160

enum link_state {
	LINK_WAITING, /* until the back-off is over */
	LINK_ASKED,   /* the spawner has been asked for a checker */
	LINK_RUNNING,
	LINK_ENDING, /* no longer listened to, and told to die */
	LINK_LOST,   /* there is no spawner any more */
};

/* A check that is wanted, or that the running checker must still be told to forget. */
struct wanted {
	uint32_t id;
	struct protocol_check check; /* its verdict is what is believed now */
	bool known;                  /* the running checker has heard of it */
	bool forgotten;
	bool queued;
	struct wanted *prev, *next; /* in the queue */
	UT_hash_handle hh;
};

struct checker_link {
	sd_event *loop;
	struct spawner *spawner;
	struct checker_link_callbacks callbacks;
	void *arg;
	sd_event_source *spawner_io;
	sd_event_source *timer; /* back-off while waiting, silence while there is a checker */
	enum link_state state;
	struct wanted *wanted;
	size_t checks;        /* of them not forgotten */
	struct wanted *queue; /* what the checker must be told, oldest first */
	uint32_t generation;
	/* the checker */
	pid_t pid;
	int fd;
	sd_event_source *io;
	uint64_t started, heard;
	const char *fault; /* why it was told to die, NULL = it was not */
	uint32_t restarts;
	unsigned int backoff_ms;
};

static void ask(struct checker_link *link);

static uint64_t now(struct checker_link *link)
{
	uint64_t t;

	return sd_event_now(link->loop, CLOCK_MONOTONIC, &t) < 0 ? 0 : t;
}

static void set_timer(struct checker_link *link, uint64_t when)
{
	sd_event_source_set_time(link->timer, when);
	sd_event_source_set_enabled(link->timer, SD_EVENT_ONESHOT);
}

static void event(struct checker_link *link, enum checker_link_event type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void event(struct checker_link *link, enum checker_link_event type, const char *format, ...)
{
	char text[SPAWNER_REASON_LEN + LINK_TEXT_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	link->callbacks.event(type, text_clean(text), link->arg);
}

/* --- what the checker must be told --- */

static void want_writable(struct checker_link *link)
{
	if (link->io)
		sd_event_source_set_io_events(link->io, EPOLLIN | (link->queue ? EPOLLOUT : 0));
}

static void enqueue(struct checker_link *link, struct wanted *w)
{
	if (w->queued || link->state != LINK_RUNNING)
		return;
	DL_APPEND(link->queue, w);
	w->queued = true;
	if (link->queue == w)
		want_writable(link);
}

static void dequeue(struct checker_link *link, struct wanted *w)
{
	if (!w->queued)
		return;
	DL_DELETE(link->queue, w);
	w->queued = false;
}

static void drop(struct checker_link *link, struct wanted *w)
{
	dequeue(link, w);
	HASH_DELETE(hh, link->wanted, w);
	free(w);
}

static bool tell(struct checker_link *link, const struct wanted *w)
{
	const struct protocol_forget forget = {.type = PROTOCOL_FORGET, .id = w->id};
	const void *message = w->forgotten ? (const void *)&forget : &w->check;
	size_t size = w->forgotten ? sizeof(forget) : sizeof(w->check);

	return send(link->fd, message, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* Until the socket is full. That the checker is gone is seen by reading. */
static void flush(struct checker_link *link)
{
	for (unsigned int i = 0; i < AT_A_TIME && link->queue; i++) {
		struct wanted *w = link->queue;

		if (!tell(link, w))
			break;
		dequeue(link, w);
		w->known = true;
		if (w->forgotten)
			drop(link, w);
	}
	want_writable(link);
}

static void tell_all(struct checker_link *link)
{
	struct wanted *w, *next;

	HASH_ITER (hh, link->wanted, w, next)
		enqueue(link, w);
}

/* There is no checker any more that knows anything. */
static void forget_told(struct checker_link *link)
{
	struct wanted *w, *next;

	HASH_ITER (hh, link->wanted, w, next) {
		dequeue(link, w);
		w->known = false;
		if (w->forgotten)
			drop(link, w);
	}
}

/* --- the checker's life --- */

static void hang_up(struct checker_link *link)
{
	link->io = sd_event_source_disable_unref(link->io);
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	forget_told(link);
}

static void start_later(struct checker_link *link)
{
	link->state = LINK_WAITING;
	link->pid = 0;
	set_timer(link, now(link) + link->backoff_ms * MS);
	link->backoff_ms *= 2;
	if (link->backoff_ms > CHECKER_LINK_BACKOFF_MAX_MS)
		link->backoff_ms = CHECKER_LINK_BACKOFF_MAX_MS;
}

/* @fault is static. The spawner will report its end. */
static void kill_checker(struct checker_link *link, const char *fault)
{
	link->fault = fault;
	link->state = LINK_ENDING;
	hang_up(link);
	spawner_request_kill(link->spawner, link->pid); /* again after a silence */
	set_timer(link, now(link) + CHECKER_LINK_SILENCE_MS * MS);
}

static void on_silence(struct checker_link *link)
{
	uint64_t limit = link->heard + CHECKER_LINK_SILENCE_MS * MS;

	if (link->state == LINK_RUNNING && now(link) < limit)
		set_timer(link, limit);
	else
		kill_checker(link, "it said nothing for too long");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct checker_link *link = arg;

	if (link->state == LINK_WAITING)
		ask(link);
	else if (link->state == LINK_RUNNING || link->state == LINK_ENDING)
		on_silence(link);
	return 0;
}

/* --- results --- */

static bool is_result(union protocol_message *m, ssize_t size)
{
	if (size != sizeof(m->result) || m->type != PROTOCOL_RESULT)
		return false;
	return m->result.verdict >= VERDICT_UNKNOWN && m->result.verdict <= VERDICT_DOWN;
}

static void take_result(struct checker_link *link, struct protocol_result *result)
{
	struct wanted *w;

	HASH_FIND(hh, link->wanted, &result->id, sizeof(result->id), w);
	if (!w || w->forgotten || w->check.generation != result->generation)
		return; /* it crossed our message */
	w->check.verdict = result->verdict;
	result->passed = !!result->passed;
	result->reason[sizeof(result->reason) - 1] = '\0';
	text_clean(result->reason);
	link->callbacks.result(result->id, result, link->arg);
}

/* 0, -EAGAIN when nothing waits, -EPIPE at the end, -EPROTO for what is no message. */
static int receive_one(struct checker_link *link)
{
	union protocol_message m = {0};
	ssize_t size = recv(link->fd, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (size <= 0)
		return -EPIPE;
	link->heard = now(link);
	if (is_result(&m, size))
		take_result(link, &m.result);
	else if (size != sizeof(m.alive) || m.type != PROTOCOL_ALIVE)
		return -EPROTO;
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct checker_link *link = arg;
	int r = 0;

	if (events & EPOLLOUT)
		flush(link);
	for (unsigned int i = 0; i < AT_A_TIME && r == 0; i++)
		r = receive_one(link);
	if (r == -EPIPE)
		kill_checker(link, NULL);
	else if (r == -EPROTO)
		kill_checker(link, "it sent what is no message");
	return 0;
}

/* --- the spawner's reports --- */

static int listen_to(struct checker_link *link, int fd)
{
	int r = sd_event_add_io(link->loop, &link->io, fd, EPOLLIN, on_io, link);

	if (r < 0)
		return r;
	link->fd = fd;
	r = sd_event_source_set_priority(link->io, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return r;
	return sd_event_source_set_ratelimit(link->io, TURNS_MS * MS, TURNS_MAX);
}

static void on_started(struct checker_link *link, const struct spawner_event *e)
{
	if (link->state != LINK_ASKED || e->fd < 0) {
		if (e->fd >= 0)
			close(e->fd); /* which ends it */
		return;
	}
	link->pid = e->pid;
	link->state = LINK_RUNNING;
	link->started = link->heard = now(link);
	link->fault = NULL;
	if (listen_to(link, e->fd) < 0) {
		link->fd = e->fd;
		kill_checker(link, "shuntd cannot listen to it");
		return;
	}
	tell_all(link);
	set_timer(link, link->heard + CHECKER_LINK_SILENCE_MS * MS);
	event(link, CHECKER_LINK_STARTED, "checker %d started", (int)e->pid);
}

static void describe_end(const struct checker_link *link, int status, char text[LINK_TEXT_LEN])
{
	if (link->fault)
		snprintf(text, LINK_TEXT_LEN, "was killed: %s", link->fault);
	else if (WIFSIGNALED(status))
		snprintf(text, LINK_TEXT_LEN, "was ended by signal %d (%s)", WTERMSIG(status),
			 sigdescr_np(WTERMSIG(status)) ?: "unknown");
	else
		snprintf(text, LINK_TEXT_LEN, "exited with status %d", WEXITSTATUS(status));
}

static void on_exited(struct checker_link *link, const struct spawner_event *e)
{
	char text[LINK_TEXT_LEN], wait[VALUE_DURATION_LEN];

	if (e->pid != link->pid)
		return;
	while (link->fd >= 0 && receive_one(link) == 0)
		; /* its last results are as good as the others */
	hang_up(link);
	link->restarts++;
	if (now(link) - link->started >= LASTED_MS * MS)
		link->backoff_ms = CHECKER_LINK_BACKOFF_MIN_MS;
	describe_end(link, e->status, text);
	value_format_duration(link->backoff_ms, wait);
	event(link, CHECKER_LINK_ENDED, "checker %d %s; the next starts in %s", (int)e->pid, text,
	      wait);
	start_later(link);
}

static void on_failed(struct checker_link *link, const char *reason)
{
	char wait[VALUE_DURATION_LEN];

	if (link->state != LINK_ASKED && link->state != LINK_WAITING)
		return;
	value_format_duration(link->backoff_ms, wait);
	event(link, CHECKER_LINK_FAILED, "no checker: %s; trying again in %s", reason, wait);
	start_later(link);
}

static void on_report(const struct spawner_event *e, void *arg)
{
	struct checker_link *link = arg;

	if (e->type == SPAWNER_STARTED)
		on_started(link, e);
	else if (e->type == SPAWNER_EXITED)
		on_exited(link, e);
	else if (e->type == SPAWNER_FAILED)
		on_failed(link, e->reason);
}

/* A checker that still runs dies with the spawner. */
static void lose_spawner(struct checker_link *link)
{
	if (link->state == LINK_LOST)
		return;
	link->state = LINK_LOST;
	link->pid = 0;
	hang_up(link);
	link->spawner_io = sd_event_source_disable_unref(link->spawner_io);
	sd_event_source_set_enabled(link->timer, SD_EVENT_OFF);
	event(link, CHECKER_LINK_NO_SPAWNER,
	      "the spawner is gone: no health checks until shuntd is started again");
}

static int on_spawner_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct checker_link *link = arg;

	if (spawner_dispatch(link->spawner, on_report, link) < 0)
		lose_spawner(link);
	return 0;
}

static void ask(struct checker_link *link)
{
	int r = spawner_request_checker(link->spawner);

	if (r == -EPIPE)
		lose_spawner(link);
	else if (r < 0)
		on_failed(link, strerror(-r));
	else
		link->state = LINK_ASKED;
}

/* --- what the caller wants --- */

static bool same_settings(const struct protocol_check *a, const struct protocol_check *b)
{
	return a->kind == b->kind && a->interval == b->interval && a->timeout == b->timeout &&
	       a->rise == b->rise && a->fall == b->fall && a->jitter == b->jitter &&
	       endpoint_compare(&a->to, &b->to) == 0;
}

static struct wanted *find(struct checker_link *link, uint32_t id)
{
	struct wanted *w;

	HASH_FIND(hh, link->wanted, &id, sizeof(id), w);
	return w;
}

static struct wanted *add(struct checker_link *link, uint32_t id)
{
	struct wanted *w = mem_zalloc(sizeof(*w));

	w->id = id;
	w->forgotten = true; /* until it has its settings */
	HASH_ADD(hh, link->wanted, id, sizeof(w->id), w);
	return w;
}

int checker_link_set(struct checker_link *link, const struct protocol_check *check)
{
	struct wanted *w;

	if (!check->id || check->kind == CHECK_NONE)
		return -EINVAL;
	w = find(link, check->id);
	if (!w)
		w = add(link, check->id);
	else if (!w->forgotten && same_settings(&w->check, check))
		return 0;
	link->checks += w->forgotten;
	w->forgotten = false;
	w->check = *check;
	w->check.type = PROTOCOL_CHECK;
	w->check.generation = ++link->generation;
	enqueue(link, w);
	return 0;
}

void checker_link_forget(struct checker_link *link, uint32_t id)
{
	struct wanted *w = find(link, id);

	if (!w || w->forgotten)
		return;
	link->checks--;
	w->forgotten = true;
	if (w->known)
		enqueue(link, w);
	else
		drop(link, w);
}

void checker_link_verdict(struct checker_link *link, uint32_t id, enum protocol_verdict verdict)
{
	struct wanted *w = find(link, id);

	if (w)
		w->check.verdict = verdict;
}

void checker_link_status(const struct checker_link *link, struct checker_link_status *ret)
{
	*ret = (struct checker_link_status){
		.running = link->state == LINK_RUNNING,
		.pid = link->state == LINK_RUNNING ? link->pid : 0,
		.restarts = link->restarts,
		.checks = link->checks,
	};
}

/* --- open and close --- */

static int add_sources(struct checker_link *link)
{
	int r = sd_event_add_io(link->loop, &link->spawner_io, spawner_fd(link->spawner), EPOLLIN,
				on_spawner_io, link);

	if (r < 0)
		return r;
	r = sd_event_add_time(link->loop, &link->timer, CLOCK_MONOTONIC, 0, MS, on_timer, link);
	if (r < 0)
		return r;
	/* after a pause of this process: what waits to be read was said in time */
	return sd_event_source_set_priority(link->timer, SD_EVENT_PRIORITY_NORMAL + 1);
}

int checker_link_open(sd_event *loop, struct spawner *spawner,
		      const struct checker_link_callbacks *callbacks, void *arg,
		      struct checker_link **ret, struct error *err)
{
	_cleanup_(checker_link_close) struct checker_link *link = mem_zalloc(sizeof(*link));
	int r;

	link->loop = sd_event_ref(loop);
	link->spawner = spawner;
	link->callbacks = *callbacks;
	link->arg = arg;
	link->fd = -1;
	link->backoff_ms = CHECKER_LINK_BACKOFF_MIN_MS;
	r = add_sources(link);
	if (r < 0)
		return error_set(err, r, "cannot watch the spawner: %s", strerror(-r));
	*ret = take_ptr(link);
	return 0;
}

struct checker_link *checker_link_close(struct checker_link *link)
{
	struct wanted *w, *next;

	if (!link)
		return NULL;
	hang_up(link);
	HASH_ITER (hh, link->wanted, w, next)
		drop(link, w);
	sd_event_source_disable_unref(link->timer);
	sd_event_source_disable_unref(link->spawner_io);
	sd_event_unref(link->loop);
	free(link);
	return NULL;
}
