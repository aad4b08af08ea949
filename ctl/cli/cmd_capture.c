/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_capture.c - `shunt capture`: the daemon's pcapng stream, block by block into a file. Only
 * whole blocks are written, so that the file is right wherever the capture ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/pcapng.h"
#include "cli/client.h"
#include "cli/stop.h"
#include "model/value.h"

struct writer {
	FILE *file;
	const char *name;
	bool made;      /* it was not there before */
	bool begun;     /* what was in it is gone */
	uint8_t *block; /* the one that is not whole yet */
	size_t size;
	uint64_t packets, last_id, lost;
};

static void count_block(struct writer *w)
{
	switch (pcapng_type(w->block)) {
	case PCAPNG_PACKET: /* one that was sent on is there twice */
		w->packets += pcapng_id(w->block) != w->last_id;
		w->last_id = pcapng_id(w->block);
		break;
	case PCAPNG_STATISTICS:
		w->lost = pcapng_lost(w->block);
		break;
	default:
		break;
	}
}

/* Write the blocks that are whole by now. */
static int write_blocks(struct writer *w, struct error *err)
{
	ssize_t size;

	while ((size = pcapng_next(w->block, w->size)) > 0) {
		count_block(w);
		if (fwrite(w->block, 1, (size_t)size, w->file) != (size_t)size)
			return error_set(err, -errno, "%s: %s", w->name, strerror(errno));
		w->size -= (size_t)size;
		memmove(w->block, w->block + size, w->size);
	}
	return size < 0 ? error_set(err, CLI_FAILED, "the daemon sent what is no capture") : 0;
}

/* The daemon captures: only now what the file had before goes. */
static int begin(struct writer *w, struct error *err)
{
	struct stat st;
	int fd = fileno(w->file);

	w->begun = true;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
		return error_set(err, -errno, "%s: %s", w->name, strerror(errno));
	return 0;
}

static int on_bytes(void *arg, const char *data, size_t size, struct error *err)
{
	struct writer *w = arg;
	int begun = w->begun ? 0 : begin(w, err);

	if (begun)
		return begun;
	while (size) {
		size_t n = PCAPNG_BLOCK_MAX - w->size < size ? PCAPNG_BLOCK_MAX - w->size : size;
		int r;

		memcpy(w->block + w->size, data, n);
		w->size += n;
		data += n;
		size -= n;
		r = write_blocks(w, err);
		if (r)
			return r;
	}
	return fflush(w->file) ? error_set(err, -errno, "%s: %s", w->name, strerror(errno)) : 0;
}

static int open_file(struct cli *cli, const char *name, struct writer *ret, struct error *err)
{
	int fd;

	ret->name = name;
	if (strcmp(name, "-") == 0) {
		ret->file = cli->out.file;
		ret->begun = true;
		if (isatty(fileno(ret->file)))
			return error_set(err, CLI_USAGE,
					 "a capture is nothing to read on a terminal; expected "
					 "a pipe or -w FILE.pcapng");
		return 0;
	}
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	ret->made = fd >= 0;
	if (fd < 0)
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", name, strerror(errno));
	ret->file = fdopen(fd, "w");
	return 0;
}

/* A capture that never began leaves all as it was. */
static int close_file(const struct cli *cli, struct writer *w, int r, struct error *err)
{
	if (w->file == cli->out.file)
		return r;
	if (fclose(w->file) && !r)
		r = error_set(err, -errno, "%s: %s", w->name, strerror(errno));
	if (!w->begun && w->made)
		unlink(w->name);
	return r;
}

/* @ret is freed by request_clear(). */
static void make_request(const struct args *args, struct request *ret)
{
	const char *service = args_value(args, "service", false);
	const char *limit = args_value(args, "limit", false) ?: "0";
	const char *snaplen = args_value(args, "snaplen", false) ?: "65535";
	const char *drops = args_flag(args, "drops") ? "1" : "0";

	if (service)
		request_init(ret, "GET", NULL,
			     "/v1/services/%s/capture?drops=%s&limit=%s&snaplen=%s", service, drops,
			     limit, snaplen);
	else
		request_init(ret, "GET", NULL, "/v1/capture?drops=%s&limit=%s&snaplen=%s", drops,
			     limit, snaplen);
}

/* The stream has an end where a limit was asked for and reached; else the daemon is gone. */
static int test_end(const struct cli *cli, const struct writer *w, struct error *err)
{
	const char *limit = args_value(&cli->args, "limit", false);
	uint64_t wanted = 0;

	if (limit && value_parse_number(limit, 1, UINT64_MAX, &wanted, NULL) == 0 &&
	    w->packets == wanted)
		return 0;
	return error_set(err, CLI_UNREACHABLE,
			 "the daemon ended the capture after %" PRIu64 " packets; is shuntd "
			 "running?",
			 w->packets);
}

static void print_summary(const struct cli *cli, const struct writer *w)
{
	if (w->file == cli->out.file)
		return;
	if (cli->out.json) {
		json_t *json = json_pack("{s:s, s:I, s:I}", "file", w->name, "packets",
					 (json_int_t)w->packets, "lost", (json_int_t)w->lost);

		out_json(&cli->out, json);
		json_decref(json);
	} else {
		out_line(&cli->out, "%s: packets %" PRIu64 ", lost %" PRIu64, w->name, w->packets,
			 w->lost);
	}
}

static int capture(struct cli *cli, struct writer *w, struct error *err)
{
	__attribute__((cleanup(stop_close))) struct stop stop = STOP_NONE;
	struct request request;
	int r = stop_open(cli->out.file, &stop, err);

	if (r)
		return r;
	make_request(&cli->args, &request);
	request.endless = true;
	request.stop_fd = stop.fd;
	r = client_bytes(cli, &request, on_bytes, w, err);
	if (r == 0)
		r = test_end(cli, w, err);
	else if (r == -ECANCELED)
		r = 0;
	if (w->packets || r == 0)
		print_summary(cli, w);
	return r;
}

int cmd_capture_run(struct cli *cli, struct error *err)
{
	const char *name = args_value(&cli->args, "write", false);
	struct writer w = {};
	int r;

	if (!name)
		return error_set(err, CLI_USAGE,
				 "-w is missing: expected a file, like drops.pcapng, or -");
	r = open_file(cli, name, &w, err);
	if (r)
		return r;
	w.block = mem_zalloc(PCAPNG_BLOCK_MAX);
	r = capture(cli, &w, err);
	r = close_file(cli, &w, r, err);
	free(w.block);
	return r;
}
