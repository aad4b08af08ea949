/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture.c - packets for those who capture: the program's records, with what was noted about each
 * in words, into every reader's queue. While there is a reader the links have the program that
 * captures, and else never.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#include "base/mem.h"
#include "daemon/capture_queue.h"
#include "daemon/director_internal.h"
#include "daemon/traced.h"
#include "dataplane/trace.h"
#include "plan/reason.h"

_Static_assert(CAPTURE_SNAPLEN_MAX == SHUNT_CAPTURE_SNAPLEN_MAX, "as the program has room for");

#define BATCH 512 /* packets; then others have their turn */

struct capture {
	struct director *director;
	struct capture_queue *queue;
	bool drops;
	char *service;  /* only packets of that one; NULL = of all */
	struct vip vip; /* its */
	uint64_t limit; /* packets; 0 = none */
	uint32_t snaplen;
	bool ended;
	void (*wake)(void *arg);
	void *arg;
	struct capture *prev, *next;
};

/* A record as all readers get it. */
struct packet {
	struct director *director;
	uint64_t zero_ns; /* of the monotonic clock, since 1970 */
	const struct service_runtime *service;
	bool dropped;
	struct capture_frame in, out;
	char comment[512];
};

/* --- in words --- */

/* "web: drop no_backend (no backend of the service is up)", "web: forward to 10.0.0.11:80" */
static void comment_on(struct packet *p, const struct shunt_trace *t)
{
	const struct backend_runtime *b = traced_backend(p->service, t);
	const struct reason *reason = traced_reason(t);
	char at[ENDPOINT_LEN];
	size_t used = 0;

	if (p->service)
		used = snprintf(p->comment, sizeof(p->comment), "%s: ", p->service->name);
	used += snprintf(p->comment + used, sizeof(p->comment) - used, "%s", traced_verdict(t));
	if (reason)
		used += snprintf(p->comment + used, sizeof(p->comment) - used, " %s (%s)",
				 reason->name, reason->help);
	if (b && used < sizeof(p->comment))
		snprintf(p->comment + used, sizeof(p->comment) - used, ", %s %s",
			 t->flags & SHUNT_TRACE_REPLY ? "from" : "to", endpoint_format(&b->at, at));
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void read_record(struct packet *p, const struct shunt_capture *record, const uint8_t *in,
			const uint8_t *out)
{
	struct director *d = p->director;

	p->service = traced_service(d, &record->trace);
	p->dropped = record->trace.verdict == XDP_DROP || record->trace.verdict == XDP_ABORTED;
	p->in = (struct capture_frame){
		.time_ns = p->zero_ns + record->in_ns,
		.bytes = in,
		.captured = record->in_captured,
		.length = record->in_length,
	};
	net_link_name(d->net, record->ifindex, p->in.interface);
	p->out = (struct capture_frame){
		.time_ns = p->zero_ns + record->out_ns,
		.bytes = out,
		.captured = record->out_captured,
		.length = record->out_length,
	};
	net_link_name(d->net, record->trace.ifindex, p->out.interface);
	comment_on(p, &record->trace);
}

/* --- to the readers --- */

static bool wants(const struct capture *c, const struct packet *p)
{
	if (c->ended || (c->drops && !p->dropped))
		return false;
	return !c->service || (p->service && vip_compare(&p->service->vip, &c->vip) == 0);
}

static void on_record(const struct shunt_capture *record, const uint8_t *in, const uint8_t *out,
		      void *arg)
{
	struct packet *p = arg;
	struct capture *c;

	read_record(p, record, in, out);
	DL_FOREACH (p->director->captures, c) {
		if (!wants(c, p))
			continue;
		capture_queue_put(c->queue, &p->in, &p->out, p->comment);
		c->ended = c->limit && capture_queue_packets(c->queue) >= c->limit;
	}
}

/* Once a reader is told of what was lost on the way to this process, it is not his alone. */
static void share_losses(struct director *d)
{
	uint64_t lost = dataplane_capture_lost(d->dp), more = lost - d->capture_lost;
	struct capture *c;

	if (!more)
		return;
	d->capture_lost = lost;
	DL_FOREACH (d->captures, c)
		capture_queue_lose(c->queue, more);
}

static int on_capture_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct packet packet = {.director = arg};
	struct director *d = arg;
	struct capture *c;

	packet.zero_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	dataplane_capture_read(d->dp, BATCH, on_record, &packet);
	share_losses(d);
	DL_FOREACH (d->captures, c)
		if (c->ended || !capture_queue_is_empty(c->queue))
			c->wake(c->arg);
	return 0;
}

/* --- beginning and ending --- */

/* What all of them together want of the program. */
static void want_all(struct director *d)
{
	uint32_t snaplen = 0;
	bool drops = true;
	struct capture *c;

	DL_FOREACH (d->captures, c) {
		snaplen = c->snaplen > snaplen ? c->snaplen : snaplen;
		drops = drops && c->drops;
	}
	dataplane_capture_want(d->dp, snaplen, drops);
}

static int begin(struct director *d, struct error *err)
{
	int r = dataplane_capture_begin(d->dp, err);

	if (r < 0)
		return r;
	r = sd_event_add_io(d->loop, &d->capture_io, dataplane_capture_fd(d->dp), EPOLLIN,
			    on_capture_io, d);
	if (r >= 0) /* behind whatever keeps the traffic going, as the API */
		r = sd_event_source_set_priority(d->capture_io, SD_EVENT_PRIORITY_NORMAL + 10);
	if (r < 0) {
		dataplane_capture_end(d->dp);
		return error_set(err, r, "event loop: %s", strerror(-r));
	}
	d->capture_lost = 0;
	events_add(d->events, EVENT_INFO, "capture", NULL, NULL,
		   "a capture begins: the program that captures takes the other's place");
	return 0;
}

static void end(struct director *d)
{
	d->capture_io = sd_event_source_disable_unref(d->capture_io);
	dataplane_capture_end(d->dp);
	events_add(d->events, EVENT_INFO, "capture", NULL, NULL,
		   "no capture runs any more: the ordinary program is back");
}

unsigned int director_captures(const struct director *d)
{
	const struct capture *c;
	unsigned int n;

	DL_COUNT(d->captures, c, n);
	return n;
}

static void capture_free(struct capture *c)
{
	capture_queue_free(c->queue);
	free(c->service);
	free(c);
}

static int capture_new(struct director *d, const struct capture_options *options,
		       struct capture **ret, struct error *err)
{
	unsigned int n = director_captures(d);
	struct capture *c;

	if (!d->forwarding)
		return error_set(err, -EAGAIN, "this daemon does not forward yet; try later");
	if (n == CAPTURES_MAX)
		return error_set(err, -EAGAIN, "%u captures run already; try later", n);
	c = mem_zalloc(sizeof(*c));
	c->director = d;
	c->drops = options->drops;
	c->limit = options->limit;
	c->snaplen = options->snaplen;
	if (options->service) {
		const struct service *wish = model_find(d->model, options->service, err);

		if (!wish) {
			capture_free(c);
			return -ENOENT;
		}
		c->service = mem_strdup(options->service);
		c->vip = wish->address;
	}
	c->queue = capture_queue_new(c->snaplen);
	*ret = c;
	return 0;
}

int director_capture_open(struct director *d, const struct capture_options *options,
			  void (*wake)(void *arg), void *arg, struct capture **ret,
			  struct error *err)
{
	struct capture *c = NULL;
	int r = capture_new(d, options, &c, err);

	if (r < 0)
		return r;
	c->wake = wake;
	c->arg = arg;
	r = d->captures ? 0 : begin(d, err);
	if (r < 0) {
		capture_free(c);
		return r;
	}
	DL_APPEND(d->captures, c);
	want_all(d);
	*ret = c;
	return 0;
}

ssize_t director_capture_read(struct capture *c, void *buf, size_t max)
{
	if (capture_queue_is_empty(c->queue))
		return c->ended ? -ENODATA : 0;
	return (ssize_t)capture_queue_take(c->queue, buf, max);
}

struct capture *director_capture_close(struct capture *c)
{
	struct director *d;

	if (!c)
		return NULL;
	d = c->director;
	DL_DELETE(d->captures, c);
	capture_free(c);
	if (d->captures)
		want_all(d);
	else
		end(d);
	return NULL;
}
