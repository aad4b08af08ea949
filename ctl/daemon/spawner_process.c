/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawner_process.c - the spawner's own process: a loop over its socket and SIGCHLD. It blocks
 * where it likes, having nothing else to do, and says everything it knows to shuntd. When shuntd is
 * gone it ends, and its children with it (spawner_become.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/protocol.h"
#include "daemon/privileges.h"
#include "daemon/spawner_internal.h"

struct process {
	int socket;
	int signals; /* signalfd for SIGCHLD */
	struct spawner_program checker;
	pid_t children[SPAWNER_CHILDREN_MAX]; /* 0 = free; a pid stays valid until it is reaped */
};

/* A child of this pid, or with 0 a free place; NULL if there is none. */
static pid_t *find_child(struct process *process, pid_t pid)
{
	for (size_t i = 0; i < SPAWNER_CHILDREN_MAX; i++)
		if (process->children[i] == pid)
			return &process->children[i];
	return NULL;
}

/* @event->fd, if there is one, is sent along and stays the caller's. */
static void report(struct process *process, const struct spawner_event *event)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS,
			     .cmsg_len = CMSG_LEN(sizeof(int)),
		     }};
	struct iovec data = {.iov_base = (void *)event, .iov_len = sizeof(*event)};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	ssize_t n;

	if (event->fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		memcpy(CMSG_DATA(&control.header), &event->fd, sizeof(event->fd));
	}
	do
		n = sendmsg(process->socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		_exit(EXIT_SUCCESS); /* shuntd is gone */
}

static void report_failure(struct process *process, int error, const char *step)
{
	struct spawner_event event = {.type = SPAWNER_FAILED, .status = error, .fd = -1};

	snprintf(event.reason, sizeof(event.reason), "cannot %s: %s", step, strerror(-error));
	report(process, &event);
}

/* --- starting a program --- */

struct failure {
	int error;
	char step[64];
};

static void child(const struct process *process, int socket, int failures, pid_t parent)
	__attribute__((noreturn));
static void child(const struct process *process, int socket, int failures, pid_t parent)
{
	struct failure failure = {0};
	const char *step = "";

	failure.error = spawner_become(&process->checker, socket, parent, &step);
	snprintf(failure.step, sizeof(failure.step), "%s", step);
	if (write(failures, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

/* Wait until the child is the program or has failed to become it. */
static int wait_exec(int failures, struct failure *ret)
{
	ssize_t n;

	do
		n = read(failures, ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	if (n == sizeof(*ret))
		return ret->error;
	return 0; /* closed by exec, or by a death that waitpid() will tell of */
}

static pid_t fork_checker(struct process *process, int socket, struct failure *ret)
{
	pid_t pid, parent = getpid();
	int failures[2];

	*ret = (struct failure){.step = "start shunt-checker"};
	if (pipe2(failures, O_CLOEXEC) < 0) {
		ret->error = -errno;
		return -1;
	}
	pid = fork();
	if (!pid)
		child(process, socket, failures[1], parent);
	ret->error = pid < 0 ? -errno : 0;
	close(failures[1]);
	if (pid > 0)
		wait_exec(failures[0], ret);
	close(failures[0]);
	return pid;
}

static void run_checker(struct process *process)
{
	struct spawner_event event = {.type = SPAWNER_STARTED};
	pid_t *place = find_child(process, 0);
	struct failure failure;
	int ends[2];

	if (!place) {
		report_failure(process, -EAGAIN, "start shunt-checker: too many children");
		return;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		report_failure(process, -errno, "make the checker's socket");
		return;
	}
	event.pid = fork_checker(process, ends[1], &failure);
	event.fd = ends[0];
	close(ends[1]);
	if (failure.error) {
		report_failure(process, failure.error, failure.step);
	} else {
		*place = event.pid;
		report(process, &event);
	}
	close(ends[0]);
}

/* --- the loop --- */

static void reap(struct process *process)
{
	struct spawner_event event = {.type = SPAWNER_EXITED, .fd = -1};

	while ((event.pid = waitpid(-1, &event.status, WNOHANG)) > 0) {
		pid_t *place = find_child(process, event.pid);

		if (!place)
			continue; /* it never became the program, and that was reported */
		*place = 0;
		report(process, &event);
	}
}

static void on_signal(struct process *process)
{
	struct signalfd_siginfo info;

	if (read(process->signals, &info, sizeof(info)) > 0)
		reap(process);
}

static void on_request(struct process *process)
{
	struct spawner_request request;
	ssize_t n = recv(process->socket, &request, sizeof(request), 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n != sizeof(request))
		_exit(EXIT_SUCCESS);
	if (request.type == SPAWNER_RUN_CHECKER)
		run_checker(process);
	else if (request.type == SPAWNER_KILL && request.pid > 0 &&
		 find_child(process, request.pid))
		kill(request.pid, SIGKILL);
}

static void loop(struct process *process) __attribute__((noreturn));
static void loop(struct process *process)
{
	struct pollfd p[] = {
		{.fd = process->signals, .events = POLLIN},
		{.fd = process->socket, .events = POLLIN},
	};

	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			_exit(EXIT_FAILURE);
		}
		if (p[0].revents)
			on_signal(process);
		if (p[1].revents)
			on_request(process);
	}
}

/* --- becoming the spawner --- */

#define OWN_DESCRIPTORS 10 /* where they begin */

/* Keep stderr, which is the log, and the two descriptors the spawner needs, moved away from
 * PROTOCOL_FD; close whatever else shuntd had open. */
static int own_descriptors(struct process *process)
{
	int socket = fcntl(process->socket, F_DUPFD_CLOEXEC, OWN_DESCRIPTORS);
	int program = fcntl(process->checker.fd, F_DUPFD_CLOEXEC, socket + 1);

	if (socket < 0 || program < 0 || close_range(STDERR_FILENO + 1, socket - 1, 0) < 0 ||
	    (program > socket + 1 && close_range(socket + 1, program - 1, 0) < 0) ||
	    close_range(program + 1, ~0u, 0) < 0)
		return -errno;
	process->socket = socket;
	process->checker.fd = program;
	return 0;
}

/* Standard input and output lead nowhere; PROTOCOL_FD is taken until a child has its own. */
static int null_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return -errno;
	if (fd != PROTOCOL_FD && dup3(fd, PROTOCOL_FD, O_CLOEXEC) < 0)
		return -errno;
	return 0;
}

/* Ends by its socket, not by a signal that is meant for shuntd (a terminal's, a supervisor's). */
static int own_signals(int *ret_fd)
{
	sigset_t set;

	setsid();
	for (int s = 1; s < SIGRTMIN; s++)
		signal(s, SIG_DFL); /* fails for those that cannot be set */
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return -errno;
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

static int give_up_privileges(struct spawner_event *failure)
{
	static const int kept[] = {CAP_SETUID, CAP_SETGID, CAP_KILL};
	struct error err = {0};
	int r = privileges_keep(kept, ARRAY_SIZE(kept), &err);

	if (r < 0)
		snprintf(failure->reason, sizeof(failure->reason), "%s", err.text);
	return r;
}

static int become_spawner(struct process *process, struct spawner_event *failure)
{
	int r;

	prctl(PR_SET_NAME, "shuntd-spawner");
	snprintf(failure->reason, sizeof(failure->reason), "cannot set up its process");
	r = own_descriptors(process);
	if (r < 0)
		return r;
	r = null_descriptors();
	if (r < 0)
		return r;
	r = own_signals(&process->signals);
	if (r < 0)
		return r;
	return give_up_privileges(failure);
}

void spawner_process_run(int socket, const struct spawner_program *checker)
{
	struct spawner_event event = {.type = SPAWNER_READY, .fd = -1};
	struct process process = {.socket = socket, .checker = *checker};

	event.status = become_spawner(&process, &event);
	if (event.status < 0) {
		event.type = SPAWNER_FAILED;
		report(&process, &event);
		_exit(EXIT_FAILURE);
	}
	report(&process, &event);
	loop(&process);
}
