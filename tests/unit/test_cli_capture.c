/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cli_capture.c - `shunt capture`: what is asked for, and whole blocks in the file whatever
 * comes. */
#include "unit/cli_fixture.h"

#include "base/file.h"
#include "base/pcapng.h"
#include "unit/temporary.h"

#define STREAM_MAX 4096
#define FILE_MAX   (1 << 20)

/* --- a daemon that sends a capture --- */

static struct {
	uint8_t bytes[STREAM_MAX];
	size_t size;
	int code; /* what the exchange ends with */
	char asked[256];
} stream;

static int send_stream(struct transport *transport, const struct request *request,
		       struct sink *sink, struct error *err)
{
	snprintf(stream.asked, sizeof(stream.asked), "%s %s", request->method, request->path);
	sink->status = 200;
	for (size_t at = 0, n; at < stream.size; at += n) {
		int r;

		n = stream.size - at < 7 ? stream.size - at : 7;
		r = sink->write(sink, (const char *)stream.bytes + at, n);
		if (r)
			return r;
	}
	return stream.code;
}

static int connect_stream(const char *socket, struct transport **ret, struct error *err)
{
	static struct transport transport = {.exchange = send_stream, .close = fake_close};

	*ret = &transport;
	return 0;
}

/* A section, an interface, @packets packets of which each second goes out too, and a loss. */
static void make_stream(unsigned int packets, uint64_t lost, int code)
{
	const struct pcapng_interface interface = {"eth0-in", NULL, 65535};
	uint8_t *to = stream.bytes;

	stream.code = code;
	stream.size = pcapng_section(to, STREAM_MAX, "test");
	stream.size += pcapng_interface(to + stream.size, STREAM_MAX - stream.size, &interface);
	for (unsigned int i = 1; i <= packets; i++) {
		struct pcapng_packet packet = {.data = "x", .captured = 1, .length = 1, .id = i};

		for (unsigned int n = 0; n <= i % 2; n++)
			stream.size +=
				pcapng_packet(to + stream.size, STREAM_MAX - stream.size, &packet);
	}
	if (lost)
		stream.size +=
			pcapng_statistics(to + stream.size, STREAM_MAX - stream.size, 0, 0, lost);
}

/* --- runs into a file --- */

struct captured {
	struct run run;
	char *file;
	size_t size;
};

static struct captured run_capture(const char *options)
{
	char path[TEMPORARY_LEN];
	int fd = mkstemp(temporary_template(path));
	_cleanup_free_ char *line =
		mem_printf("capture -w %s%s%s", path, *options ? " " : "", options);
	struct captured c = {};

	assert_true(fd >= 0);
	close(fd);
	c.run = run_on(connect_stream, line);
	assert_int_equal(file_read(path, FILE_MAX, &c.file, &c.size, NULL, NULL), 0);
	unlink(path);
	return c;
}

static void captured_free(struct captured *c)
{
	run_free(&c->run);
	free(c->file);
}
#define _cleanup_captured_ __attribute__((cleanup(captured_free)))

static void test_whole(void **state)
{
	make_stream(5, 3, 0);
	_cleanup_captured_ struct captured c = run_capture("--limit 5");
	assert_int_equal(c.run.code, 0);
	assert_has(c.run.out, ": packets 5, lost 3\n");
	assert_int_equal(c.size, stream.size);
	assert_memory_equal(c.file, stream.bytes, c.size);
}

/* Cut anywhere by an interrupt, the file ends with a whole block. */
static void test_interrupted_anywhere(void **state)
{
	make_stream(2, 0, -ECANCELED);
	for (size_t size = stream.size; size > 0; size--) {
		stream.size = size;
		_cleanup_captured_ struct captured c = run_capture("--json");
		size_t at = 0;
		ssize_t next;

		assert_int_equal(c.run.code, 0);
		assert_true(c.size <= size);
		assert_memory_equal(c.file, stream.bytes, c.size);
		while ((next = pcapng_next(c.file + at, c.size - at)) > 0)
			at += (size_t)next;
		assert_int_equal(at, c.size);
		assert_has(c.run.out, "\"packets\": ");
	}
}

static void test_daemon_ends_early(void **state)
{
	make_stream(4, 0, 0);
	_cleanup_captured_ struct captured all = run_capture(""),
					   limited = run_capture("--limit 5");
	assert_int_equal(all.run.code, 3);
	assert_has(all.run.err, "ended the capture after 4 packets");
	assert_int_equal(limited.run.code, 3);
	assert_int_equal(limited.size, stream.size);
}

/* The daemon refuses: what the file had stays, and none is left where there was none. */
static void test_refused(void **state)
{
	char path[TEMPORARY_LEN];
	int fd = mkstemp(temporary_template(path));
	_cleanup_free_ char *line = mem_printf("capture -w %s", path), *text = NULL;
	struct run run;
	size_t size;

	stream.size = 0;
	stream.code = -ENOENT;
	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	run = run_on(connect_stream, line);
	assert_int_not_equal(run.code, 0);
	run_free(&run);
	assert_int_equal(file_read(path, FILE_MAX, &text, &size, NULL, NULL), 0);
	assert_string_equal(text, "precious");
	unlink(path);
	run = run_on(connect_stream, line);
	run_free(&run);
	assert_int_equal(access(path, F_OK), -1);
	make_stream(1, 0, -ECANCELED);
	run = run_on(connect_stream, line);
	assert_int_equal(run.code, 0);
	run_free(&run);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

static void test_no_capture(void **state)
{
	stream.size = 12;
	memcpy(stream.bytes, "HTTP, no more", stream.size);
	_cleanup_captured_ struct captured c = run_capture("");
	assert_int_equal(c.run.code, 1);
	assert_one_line(c.run.err);
	assert_has(c.run.err, "no capture");
}

static void test_what_is_asked(void **state)
{
	static const struct {
		const char *options, *asked;
	} all[] = {
		{"", "GET /v1/capture?drops=0&limit=0&snaplen=65535"},
		{"--drops --limit 7 --snaplen 100", "GET /v1/capture?drops=1&limit=7&snaplen=100"},
		{"--service tcp:192.0.2.1:80",
		 "GET /v1/services/tcp%3A192.0.2.1%3A80/capture?drops=0&limit=0&snaplen=65535"},
	};

	make_stream(0, 0, -ECANCELED);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		_cleanup_captured_ struct captured c = run_capture(all[i].options);

		assert_int_equal(c.run.code, 0);
		assert_string_equal(stream.asked, all[i].asked);
	}
}

/* To standard output go packets and nothing else. */
static void test_standard_output(void **state)
{
	make_stream(2, 0, -ECANCELED);
	_cleanup_run_ struct run run = run_on(connect_stream, "capture -w -");
	assert_int_equal(run.code, 0);
	assert_memory_equal(run.out, stream.bytes, stream.size);
	assert_int_equal(run.out[stream.size], '\0');
}

static void test_usage(void **state)
{
	static const char *const lines[] = {
		"capture",           "capture -w",        "capture -x f",
		"capture -w f more", "capture -ww f",     "capture -w f --limit 0",
		"list -w f",         "capture -w f -w g", "capture -w f --snaplen 63",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_run_ struct run run = run_on(connect_stream, lines[i]);

		assert_in_range(run.code, 1, 2);
		assert_one_line(run.err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_interrupted_anywhere),
		cmocka_unit_test(test_daemon_ends_early),
		cmocka_unit_test(test_no_capture),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_what_is_asked),
		cmocka_unit_test(test_standard_output),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
