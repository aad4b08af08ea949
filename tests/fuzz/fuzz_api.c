/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_api.c - any bytes as what a client sends to the API: an HTTP answer comes, or none, and the
 * server goes on. The director behind it is the one of the unit tests.
 */
#define FIXTURE_CONFIG_SIZE 100000
#include "unit/api_fixture.h"

#define ALIVE_EVERY 64 /* inputs */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	sd_event *loop;
	struct director director;
	struct server server;
	struct api *api;
	unsigned int inputs;
} world;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stdout, "%s\n", what);
	fflush(stdout);
	abort();
}

static void stop(void)
{
	world.api = api_close(world.api);
	sd_event_unref(world.loop);
	events_free(world.director.events);
	rmdir(world.server.dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct server *s = &world.server;

	stderr = fopen("/dev/null", "w"); /* the log; the sanitizers write to descriptor 2 */
	memcpy(s->dir, "/tmp/shunt-fuzz-XXXXXX", sizeof("/tmp/shunt-fuzz-XXXXXX"));
	must(mkdtemp(s->dir), "no directory");
	snprintf(s->path, sizeof(s->path), "%s/sock", s->dir);
	world.director.events = events_new();
	must(sd_event_new(&world.loop) >= 0, "no loop");
	must(api_open(world.loop, s->path, &world.director, &world.api, NULL) == 0, "no server");
	atexit(stop);
	return 0;
}

/* Let the server do what there is to do. */
static void settle(void)
{
	while (sd_event_run(world.loop, 0) > 0)
		;
}

/* What the server answers to @data by the time it has nothing more to do. */
static struct reply exchange(const void *data, size_t size)
{
	struct reply reply = {};
	int fd = client_connect(&world.server);
	ssize_t n;

	must(fd >= 0, "cannot connect");
	(void)!send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	do {
		settle();
		reply.text = mem_realloc(reply.text, reply.size + 65536);
		n = recv(fd, reply.text + reply.size, 65535, MSG_DONTWAIT);
		reply.size += n > 0 ? (size_t)n : 0;
		reply.text[reply.size] = '\0';
	} while (n > 0);
	parse_reply(&reply);
	close(fd);
	settle();
	return reply;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char status[] = "GET /v1/status HTTP/1.1\r\nHost: shunt\r\n\r\n";
	_cleanup_reply_ struct reply r = exchange(data, size), alive = {};

	must(!r.size || (r.status >= 100 && r.status < 600), "what came is no answer");
	must(r.status != 500 || strstr(r.text, "'broken' is refused"), "an internal error");
	if (++world.inputs % ALIVE_EVERY)
		return 0;
	alive = exchange(status, strlen(status));
	must(alive.status == 200, "the server does not answer any more");
	return 0;
}
