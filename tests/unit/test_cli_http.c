/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cli_http.c - the way over a real socket, against a server that gives one answer, good or
 * bad: refused, slow, garbage, cut short, endless.
 */
#include "unit/cli_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "cli/http.h"
#include "unit/temporary.h"

#define SHORT_MS 300 /* the client's patience where a test wants to see its end */

struct server {
	char dir[TEMPORARY_LEN], path[TEMPORARY_LEN + 8];
	pid_t pid;
};

enum then { CLOSE, HANG };

static void say(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		left -= n;
	}
}

/* Read the request's header, give the answer, and then ... */
static void serve(int listener, const char *answer, enum then then)
{
	char request[65536];
	size_t n = 0;
	int fd = accept(listener, NULL, NULL);

	while (n < sizeof(request) - 1) {
		ssize_t got = read(fd, request + n, sizeof(request) - 1 - n);

		if (got <= 0)
			break;
		n += got;
		request[n] = '\0';
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	say(fd, answer);
	if (then == HANG)
		pause();
	close(fd);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void server_dir(struct server *s)
{
	assert_non_null(mkdtemp(temporary_template(s->dir)));
	snprintf(s->path, sizeof(s->path), "%s/sock", s->dir);
	s->pid = 0;
}

static void server_start(struct server *s, const char *answer, enum then then)
{
	int listener;

	server_dir(s);
	listener = listen_at(s->path);
	fflush(NULL);
	s->pid = fork();
	if (s->pid == 0) {
		serve(listener, answer, then);
		_exit(0);
	}
	close(listener);
}

static void server_stop(struct server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	unlink(s->path);
	rmdir(s->dir);
}

static int connect_patiently(const char *socket, struct transport **ret, struct error *err)
{
	return http_connect_timeout(socket, 20000, ret, err);
}

static int connect_shortly(const char *socket, struct transport **ret, struct error *err)
{
	return http_connect_timeout(socket, SHORT_MS, ret, err);
}

static struct run run_at(const struct server *s, bool patient, const char *line)
{
	_cleanup_free_ char *whole = mem_printf("-s %s %s", s->path, line);

	return run_on(patient ? connect_patiently : connect_shortly, whole);
}

#define OK(body)  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" body
#define CHUNKED   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define EVENT     "{\"seq\":1,\"time\":1,\"level\":\"info\",\"kind\":\"x\",\"text\":\"y\"}\n"
#define EVENT_OUT "1970-01-01 00:00:01.000  info     x          y\n"

static const struct {
	const char *name, *line, *answer;
	enum then then;
	int code;
	const char *out, *err; /* parts */
} cases[] = {
	{"whole", "diff", OK("{\"changes\":[]}"), CLOSE, 0, "no difference\n", NULL},
	{"with its length", "diff", "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"changes\":[]}",
	 HANG, 0, "no difference\n", NULL},
	{"in chunks", "diff", CHUNKED "5\r\n{\"cha\r\n9\r\nnges\":[]}\r\n0\r\n\r\n", HANG, 0,
	 "no difference\n", NULL},
	{"nothing to say", "service remove web", "HTTP/1.1 204 No Content\r\n\r\n", HANG, 0, "",
	 NULL},
	{"missing", "service show web",
	 "HTTP/1.1 404 Not Found\r\n\r\n{\"error\":\"no service 'web'\",\"missing\":true}", CLOSE,
	 4, "", "no service 'web'"},
	{"forbidden", "service remove web",
	 "HTTP/1.1 403 Forbidden\r\n\r\n{\"error\":\"only root or group shunt\"}", CLOSE, 1, "",
	 "only root or group shunt"},
	{"broken", "status", "HTTP/1.1 500 Internal Server Error\r\n\r\n{\"error\":\"bpf: no\"}",
	 CLOSE, 1, "", "bpf: no"},
	{"too large", "status", "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", HANG,
	 1, "", "HTTP status 413"},
	{"never", "status", "", HANG, 3, "", "no complete answer within 0.3 s on socket"},
	{"never, a change", "reload", "", HANG, 3, "", "may have been done"},
	{"never, followed", "events --follow", "", HANG, 3, "", "no complete answer"},
	{"half and no more", "status", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ver", HANG,
	 3, "", "no complete answer"},
	{"half and closed", "status", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ver", CLOSE,
	 1, "", "was cut short"},
	{"half a chunk and closed", "status", CHUNKED "50\r\n{\"ver", CLOSE, 1, "",
	 "was cut short"},
	{"closed at once", "status", "", CLOSE, 3, "", "no answer came on socket"},
	{"garbage", "status", "SSH-2.0-OpenSSH_9.2p1\r\n", CLOSE, 1, "", "does not speak HTTP"},
	{"zeroes", "status", "HTTP/1.1 abc\r\n\r\n", CLOSE, 1, "", "socket"},
	{"no JSON", "status", OK("<html>"), CLOSE, 1, "", "is not JSON"},
	{"a redirect is an answer like another", "drops",
	 "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n{}", CLOSE, 0, "no reasons\n",
	 NULL},
	{"events", "events", OK(EVENT EVENT), CLOSE, 0, EVENT_OUT EVENT_OUT, NULL},
	{"events cut short", "events", CHUNKED "50\r\n" EVENT, CLOSE, 1, EVENT_OUT,
	 "was cut short"},
	{"events torn while followed", "events --follow", CHUNKED "50\r\n" EVENT "{\"seq", CLOSE, 3,
	 EVENT_OUT, "ended the stream"},
	{"events end while followed", "events --follow", OK(EVENT), CLOSE, 3, EVENT_OUT,
	 "ended the stream"},
};

static void test_answers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool patient = cases[i].then == CLOSE || !cases[i].err;
		struct server s;

		server_start(&s, cases[i].answer, cases[i].then);
		_cleanup_run_ struct run run = run_at(&s, patient, cases[i].line);
		server_stop(&s);
		if (run.code != cases[i].code || !strstr(run.out, cases[i].out))
			fail_msg("%s: exit %d\n%s%s", cases[i].name, run.code, run.out, run.err);
		if (cases[i].err) {
			assert_one_line(run.err);
			assert_has(run.err, cases[i].err);
		} else {
			assert_string_equal(run.err, "");
		}
		if (cases[i].code == 3 && strstr(cases[i].err, "answer"))
			assert_has(run.err, s.path);
	}
}

/* What the environment says of proxies does not concern a Unix socket. */
static void test_proxies_are_ignored(void **state)
{
	struct server s;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "socks5://127.0.0.1:1", 1);
	server_start(&s, OK("{\"changes\":[]}"), CLOSE);
	_cleanup_run_ struct run run = run_at(&s, true, "diff");
	server_stop(&s);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, 0);
}

/* --- no way to a daemon --- */

static void assert_unreachable(const struct server *s, int code, const char *says)
{
	_cleanup_run_ struct run run = run_at(s, true, "status");

	assert_one_line(run.err);
	assert_has(run.err, says);
	assert_has(run.err, s->path);
	assert_int_equal(run.code, code);
	assert_string_equal(run.out, "");
}

static void test_no_socket(void **state)
{
	struct server s;

	server_dir(&s);
	assert_unreachable(&s, 3, "there is no socket");
	close(listen_at(s.path)); /* left behind by one that is gone */
	assert_unreachable(&s, 3, "is shuntd running?");
	unlink(s.path);
	close(open(s.path, O_CREAT | O_WRONLY, 0600)); /* no socket at all */
	assert_unreachable(&s, 3, "nobody answers on socket");
	server_stop(&s);
}

static void test_no_permission(void **state)
{
	struct server s;
	int status;
	pid_t pid;

	server_start(&s, OK("{}"), CLOSE);
	chmod(s.path, 0);
	fflush(NULL);
	pid = fork(); /* as root nothing is forbidden */
	if (pid == 0) {
		if (geteuid() == 0 && (chmod(s.dir, 0755) || setuid(65534)))
			_exit(99);
		_cleanup_run_ struct run run = run_at(&s, true, "status");
		if (!strstr(run.err, "permission denied on socket"))
			fprintf(stderr, "%s", run.err);
		_exit(strstr(run.err, "permission denied on socket") ? run.code : 98);
	}
	waitpid(pid, &status, 0);
	server_stop(&s);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_long_path(void **state)
{
	_cleanup_free_ char *path = mem_zalloc(201), *line = NULL;

	memset(path, 'x', 200);
	line = mem_printf("-s %s status", path);
	_cleanup_run_ struct run run = run_on(connect_patiently, line);
	assert_int_equal(run.code, 2);
	assert_one_line(run.err);
	assert_has(run.err, "too long");
}

/* The order of precedence: option, environment, default. */
static void test_socket_from_environment(void **state)
{
	struct server s;

	server_dir(&s);
	setenv("SHUNT_SOCKET", s.path, 1);
	_cleanup_run_ struct run from_environment = run_on(connect_patiently, "status"),
				 from_option = run_on(connect_patiently, "-s /nonexistent status");
	setenv("SHUNT_SOCKET", "", 1);
	_cleanup_run_ struct run empty = run_on(connect_patiently, "-s /nonexistent status");
	unsetenv("SHUNT_SOCKET");
	server_stop(&s);
	assert_has(from_environment.err, s.path);
	assert_has(from_option.err, "/nonexistent");
	assert_has(empty.err, "/nonexistent");
}

/* --- until the person has had enough --- */

/* `shunt events --follow` in a process of its own, its output in the pipe *@ret_out. */
static pid_t follow(struct server *s, int *ret_out)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		char *argv[] = {(char *)"shunt",  (char *)"-s",       s->path,
				(char *)"events", (char *)"--follow", NULL};
		const struct cli_world world = {
			.out = fdopen(fds[1], "w"), .err = stderr, .connect = connect_shortly};

		close(fds[0]);
		_exit(cli_run(5, argv, &world));
	}
	close(fds[1]);
	*ret_out = fds[0];
	return pid;
}

/* It ends when interrupted, or when its reader goes, though nothing more is printed then. */
static void assert_follow_ends(bool interrupt)
{
	static const char answer[] = CHUNKED "38\r\n" EVENT "\r\n";
	int out, status;
	struct server s;
	char line[256];
	pid_t pid;

	assert_int_equal(sizeof(EVENT) - 1, 0x38);
	server_start(&s, answer, HANG);
	pid = follow(&s, &out);
	/* the line comes at once, though the answer has no end: it is not held back in a buffer */
	assert_int_equal(read(out, line, sizeof(line)), sizeof(EVENT_OUT) - 1);
	if (interrupt)
		kill(pid, SIGINT);
	else
		close(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (interrupt)
		close(out);
	server_stop(&s);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_follow_until_interrupt(void **state)
{
	assert_follow_ends(true);
}

static void test_follow_until_nobody_reads(void **state)
{
	assert_follow_ends(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_proxies_are_ignored),
		cmocka_unit_test(test_no_socket),
		cmocka_unit_test(test_no_permission),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_socket_from_environment),
		cmocka_unit_test(test_follow_until_interrupt),
		cmocka_unit_test(test_follow_until_nobody_reads),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
