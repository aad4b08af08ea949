// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.c - see trace.h */
#include "dataplane/trace.h"

#include <errno.h>

#include "dataplane/internal.h"
#include "dataplane/object.h"
#include "shunt.skel.h"
#include "trace.skel.h"

static int trace_load_skeleton(void *skeleton)
{
	return trace_bpf__load(skeleton);
}

struct trace *trace_free(struct trace *trace)
{
	if (!trace)
		return NULL;
	trace_bpf__destroy(trace->skeleton);
	free(trace);
	return NULL;
}

/* Of the program in use: its maps, and what was set in its .rodata. */
static int trace_share(struct dataplane *dp, struct trace_bpf *s, struct error *err)
{
	struct bpf_map *map;

	_Static_assert(sizeof(*s->rodata) == sizeof(*dp->skeleton->rodata), "one source");
	memcpy(s->rodata, dp->skeleton->rodata, sizeof(*s->rodata));
	bpf_object__for_each_map (map, dp->skeleton->obj) {
		struct bpf_map *same;
		int r;

		if (!load_is_kept(map))
			continue;
		same = bpf_object__find_map_by_name(s->obj, bpf_map__name(map));
		r = same ? bpf_map__reuse_fd(same, bpf_map__fd(map)) : -ENOENT;
		if (r < 0)
			return error_set(err, r, "map %s: %s", bpf_map__name(map), strerror(-r));
	}
	return 0;
}

int trace_load(struct dataplane *dp, bool capture, struct trace **ret, struct error *err)
{
	_cleanup_(trace_free) struct trace *trace = mem_zalloc(sizeof(*trace));
	struct trace_bpf *s = trace_bpf__open();
	int r;

	if (!s)
		return error_set(err, -errno, "cannot open the program: %s", strerror(errno));
	trace->skeleton = s;
	s->rodata_trace->dry_run = !capture;
	s->rodata_trace->capture_on = capture;
	bpf_map__set_autocreate(s->maps.captures, capture);
	bpf_map__set_autocreate(s->maps.captured, capture);
	bpf_map__set_autocreate(s->maps.capture_wish, capture);
	bpf_map__set_autocreate(s->maps.capture_lost, capture);
	bpf_map__set_max_entries(s->maps.captures, dp->cpus);
	r = trace_share(dp, s, err);
	if (r == 0)
		r = object_load(trace_load_skeleton, s, err);
	if (r == 0)
		*ret = take_ptr(trace);
	return r;
}

/* --- explain --- */

/* The notes are those of the CPU that ran the program: the only ones, after a clearing. */
static void trace_write(struct dataplane *dp, struct shunt_trace *cpus)
{
	uint32_t zero = 0;

	bpf_map_update_elem(bpf_map__fd(dp->explain->skeleton->maps.traces), &zero, cpus, BPF_ANY);
}

static int trace_read(struct dataplane *dp, struct shunt_trace *cpus, struct shunt_trace *ret)
{
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(dp->explain->skeleton->maps.traces), &zero, cpus) < 0)
		return -errno;
	for (size_t i = 0; i < dp->cpus; i++)
		if (cpus[i].flags & SHUNT_TRACE_PACKET) {
			*ret = cpus[i];
			return 0;
		}
	return -ENODATA;
}

int dataplane_explain(struct dataplane *dp, uint32_t ifindex, const void *in, size_t length,
		      struct shunt_trace *ret, struct dataplane_frame *out, struct error *err)
{
	_cleanup_free_ struct shunt_trace *cpus = mem_zalloc(dp->cpus * sizeof(*cpus));
	struct xdp_md context = {.data_end = length, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = length,
		    .data_out = out->bytes, .data_size_out = out->room, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);
	int r = dp->explain ? 0 : trace_load(dp, false, &dp->explain, err);

	if (r < 0)
		return r;
	trace_write(dp, cpus);
	if (bpf_prog_test_run_opts(bpf_program__fd(dp->explain->skeleton->progs.shunt), &opts) < 0)
		return error_set(err, -errno, "cannot run the program on a packet: %s",
				 strerror(errno));
	r = trace_read(dp, cpus, ret);
	if (r < 0)
		return error_set(err, r, "the program noted nothing: %s", strerror(-r));
	out->length = opts.data_size_out;
	return 0;
}

/* --- what the notes name --- */

void dataplane_service_address(const struct dataplane_service *service, struct vip *ret)
{
	*ret = place_key_vip(&service->key);
}

uint16_t dataplane_trace_number(const struct dataplane_service *service,
				const struct shunt_trace *trace)
{
	uint32_t number = trace->backend - service->entry.backend_base;

	if (!(trace->flags & SHUNT_TRACE_BACKEND) || number >= service->entry.backend_cap)
		return 0;
	return number;
}

struct dataplane_service *dataplane_trace_service(struct dataplane *dp,
						  const struct shunt_trace *trace)
{
	struct dataplane_service *service, *tmp;

	HASH_ITER (by_key, dp->services_by_key, service, tmp) {
		if (trace->flags & SHUNT_TRACE_SLOT ? service->entry.slot_base == trace->slot_base
						    : dataplane_trace_number(service, trace))
			return service;
	}
	return NULL;
}
