// SPDX-License-Identifier: GPL-2.0-or-later
/* capture.c - the program that captures, in the links' place and out of it again; see trace.h */
#include <errno.h>

#include "dataplane/internal.h"
#include "dataplane/trace.h"
#include "trace.skel.h"

#define ENOUGH (-EAGAIN) /* ends a reading of the ring */

struct capture {
	struct trace *program;
	struct ring_buffer *ring;
	uint32_t generation; /* whose array of programs is pinned: it shall outlive this process */
	/* of the present dataplane_capture_read() */
	unsigned int left;
	void (*each)(const struct shunt_capture *packet, const uint8_t *in, const uint8_t *out,
		     void *arg);
	void *arg;
};

struct capture *capture_free(struct capture *capture)
{
	if (!capture)
		return NULL;
	ring_buffer__free(capture->ring);
	trace_free(capture->program);
	free(capture);
	return NULL;
}

static int capture_take(void *arg, void *data, size_t size)
{
	const struct shunt_capture *packet = data;
	const uint8_t *bytes = (const uint8_t *)(packet + 1);
	struct capture *capture = arg;

	if (size >= sizeof(*packet) + (size_t)packet->in_captured + packet->out_captured)
		capture->each(packet, bytes, bytes + packet->in_captured, capture->arg);
	return --capture->left ? 0 : ENOUGH;
}

static int capture_make(struct dataplane *dp, struct capture **ret, struct error *err)
{
	_cleanup_(capture_free) struct capture *capture = mem_zalloc(sizeof(*capture));
	int r = trace_load(dp, true, &capture->program, err);

	if (r < 0)
		return r;
	capture->ring = ring_buffer__new(bpf_map__fd(capture->program->skeleton->maps.captured),
					 capture_take, capture, NULL);
	if (!capture->ring)
		return error_set(err, -errno, "map captured: %s", strerror(errno));
	*ret = take_ptr(capture);
	return 0;
}

int dataplane_capture_program_fd(const struct dataplane *dp)
{
	return bpf_program__fd(dp->capture->program->skeleton->progs.shunt);
}

/* The program before is nobody's from now on, once no CPU is in it. Should a link keep it, so does
 * its array; the next daemon removes both. */
static void capture_leave(struct dataplane *dp, struct capture *capture)
{
	if (link_use_program(dp, dp->program_fd, NULL) < 0 || dataplane_grace_wait() < 0)
		return;
	later_unpin(&dp->pins, capture->generation);
}

int dataplane_capture_begin(struct dataplane *dp, struct error *err)
{
	_cleanup_(capture_free) struct capture *capture = NULL;
	const struct trace_bpf *s;
	int program_fd, r = capture_make(dp, &capture, err);

	if (r < 0)
		return r;
	s = capture->program->skeleton;
	program_fd = bpf_program__fd(s->progs.shunt);
	r = later_pin(&dp->pins, program_fd, bpf_map__fd(s->maps.later), &capture->generation, err);
	if (r < 0)
		return r;
	r = link_use_program(dp, program_fd, err);
	if (r < 0) {
		capture_leave(dp, capture);
		return r;
	}
	dp->capture = take_ptr(capture);
	return 0;
}

void dataplane_capture_end(struct dataplane *dp)
{
	if (!dp->capture)
		return;
	capture_leave(dp, dp->capture);
	dp->capture = capture_free(dp->capture);
}

void dataplane_capture_want(struct dataplane *dp, uint32_t snaplen, bool drops_only)
{
	const struct shunt_capture_wish wish = {.snaplen = snaplen, .drops_only = drops_only};
	uint32_t zero = 0;

	/* Cannot fail: it has that element. */
	bpf_map_update_elem(bpf_map__fd(dp->capture->program->skeleton->maps.capture_wish), &zero,
			    &wish, BPF_ANY);
}

int dataplane_capture_fd(const struct dataplane *dp)
{
	return ring_buffer__epoll_fd(dp->capture->ring);
}

void dataplane_capture_read(struct dataplane *dp, unsigned int max,
			    void (*each)(const struct shunt_capture *packet, const uint8_t *in,
					 const uint8_t *out, void *arg),
			    void *arg)
{
	struct capture *capture = dp->capture;

	capture->left = max;
	capture->each = each;
	capture->arg = arg;
	ring_buffer__consume(capture->ring);
}

uint64_t dataplane_capture_lost(const struct dataplane *dp)
{
	int fd = bpf_map__fd(dp->capture->program->skeleton->maps.capture_lost);
	_cleanup_free_ uint64_t *cpus = mem_zalloc(dp->cpus * sizeof(*cpus));
	uint32_t zero = 0;
	uint64_t lost = 0;

	if (bpf_map_lookup_elem(fd, &zero, cpus) < 0)
		return 0;
	for (size_t i = 0; i < dp->cpus; i++)
		lost += cpus[i];
	return lost;
}
