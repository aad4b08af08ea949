// SPDX-License-Identifier: GPL-2.0-or-later
/* requests.c - what the program asks the daemon for, through a ring buffer. */
#include "dataplane/internal.h"

#include <errno.h>

static int requests_take(void *arg, void *data, size_t size)
{
	struct dataplane *dp = arg;

	if (size == sizeof(struct shunt_request) && dp->each_request)
		dp->each_request(data, dp->each_request_arg);
	return 0;
}

int requests_open(struct dataplane *dp, struct error *err)
{
	dp->ring = ring_buffer__new(dp->requests_fd, requests_take, dp, NULL);
	if (!dp->ring)
		return error_set(err, -errno, "map requests: %s", strerror(errno));
	return 0;
}

void requests_close(struct dataplane *dp)
{
	ring_buffer__free(dp->ring);
}

int dataplane_requests_fd(const struct dataplane *dp)
{
	return ring_buffer__epoll_fd(dp->ring);
}

void dataplane_requests_read(struct dataplane *dp, uint64_t tokens,
			     void (*each)(const struct shunt_request *request, void *arg),
			     void *arg)
{
	dp->each_request = each;
	dp->each_request_arg = arg;
	ring_buffer__consume(dp->ring);
	dp->each_request = NULL;
	__atomic_store_n(&dp->meta->resolve_tokens, tokens, __ATOMIC_RELAXED);
}
