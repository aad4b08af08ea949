/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawner.c - shuntd's side of the spawner; see spawner.h */
#include "daemon/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/spawner_internal.h"

#define READY_MS 5000
#define STOP_MS  1000

struct spawner {
	pid_t pid;
	int fd;
};

static int find_beside_program(const char *relative, char ret[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	if (snprintf(ret, PATH_MAX, "%s/%s", self, relative) >= PATH_MAX)
		return -ENAMETOOLONG;
	return access(ret, X_OK) < 0 ? -errno : 0;
}

int spawner_find_checker(char ret[static PATH_MAX], struct error *err)
{
	const char *asked = getenv("SHUNT_CHECKER");

	if (asked && *asked) {
		snprintf(ret, PATH_MAX, "%s", asked);
		if (access(ret, X_OK) < 0)
			return error_set(err, -errno, "SHUNT_CHECKER: cannot execute %s: %s", asked,
					 strerror(errno));
		return 0;
	}
	if (find_beside_program("shunt-checker", ret) == 0 ||
	    find_beside_program("../libexec/shunt/shunt-checker", ret) == 0)
		return 0;
	return error_set(err, -ENOENT,
			 "no shunt-checker beside this program nor in ../libexec/shunt: expected "
			 "it there or named by SHUNT_CHECKER");
}

/* --- starting --- */

static int find_user(struct spawner_program *program, struct error *err)
{
	const struct passwd *user = getpwnam("shunt-checker");

	if (!user)
		user = getpwnam("nobody");
	if (!user)
		return error_set(err, -ENOENT, "no user 'shunt-checker' and no user 'nobody'");
	if (!user->pw_uid || !user->pw_gid)
		return error_set(err, -EPERM,
				 "the user '%s' has uid or gid 0: expected one without privileges",
				 user->pw_name);
	program->uid = user->pw_uid;
	program->gid = user->pw_gid;
	return 0;
}

static int open_program(const char *path, struct spawner_program *program, struct error *err)
{
	int r = find_user(program, err);

	if (r < 0)
		return r;
	program->fd = open(path, O_PATH | O_CLOEXEC);
	if (program->fd < 0)
		return error_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	return 0;
}

/* A message in @ret, -EAGAIN if none waits, -EPIPE at the end. */
static int receive(int fd, struct spawner_event *ret)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = {.iov_base = ret, .iov_len = sizeof(*ret)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n != sizeof(*ret))
		return -EPIPE;
	ret->reason[sizeof(ret->reason) - 1] = '\0';
	ret->fd = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&ret->fd, CMSG_DATA(c), sizeof(ret->fd));
	return 0;
}

static int wait_ready(struct spawner *spawner, struct error *err)
{
	struct pollfd p = {.fd = spawner->fd, .events = POLLIN};
	struct spawner_event event;

	if (poll(&p, 1, READY_MS) != 1 || receive(spawner->fd, &event) < 0)
		return error_set(err, -EIO, "the spawner did not start");
	if (event.type != SPAWNER_READY)
		return error_set(err, event.status, "the spawner: %s", event.reason);
	return 0;
}

static int fork_spawner(struct spawner *spawner, const struct spawner_program *program,
			struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, -errno, "cannot make the spawner's socket: %s",
				 strerror(errno));
	spawner->fd = ends[0];
	spawner->pid = fork();
	if (!spawner->pid)
		spawner_process_run(ends[1], program);
	close(ends[1]);
	if (spawner->pid < 0)
		return error_set(err, -errno, "cannot fork the spawner: %s", strerror(errno));
	return wait_ready(spawner, err);
}

int spawner_start(const char *checker, struct spawner **ret, struct error *err)
{
	_cleanup_(spawner_stop) struct spawner *spawner = mem_zalloc(sizeof(*spawner));
	struct spawner_program program = {.fd = -1};
	int r;

	spawner->fd = -1;
	r = open_program(checker, &program, err);
	if (r < 0)
		return r;
	r = fork_spawner(spawner, &program, err);
	close(program.fd);
	if (r < 0)
		return r;
	*ret = take_ptr(spawner);
	return 0;
}

/* It ends by itself when its socket closes, unless somebody has stopped it. */
static void reap(pid_t pid)
{
	_cleanup_close_ int pidfd = pidfd_open(pid, 0);
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0 || poll(&p, 1, STOP_MS) != 1)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

struct spawner *spawner_stop(struct spawner *spawner)
{
	if (!spawner)
		return NULL;
	if (spawner->fd >= 0)
		close(spawner->fd);
	if (spawner->pid > 0)
		reap(spawner->pid);
	free(spawner);
	return NULL;
}

/* --- talking --- */

pid_t spawner_pid(const struct spawner *spawner)
{
	return spawner->pid;
}

int spawner_fd(const struct spawner *spawner)
{
	return spawner->fd;
}

static int request(struct spawner *spawner, const struct spawner_request *request)
{
	if (send(spawner->fd, request, sizeof(*request), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int spawner_request_checker(struct spawner *spawner)
{
	return request(spawner, &(struct spawner_request){.type = SPAWNER_RUN_CHECKER});
}

int spawner_request_kill(struct spawner *spawner, pid_t pid)
{
	return request(spawner, &(struct spawner_request){.type = SPAWNER_KILL, .pid = pid});
}

int spawner_dispatch(struct spawner *spawner,
		     void (*each)(const struct spawner_event *event, void *arg), void *arg)
{
	struct spawner_event event;
	int r;

	while ((r = receive(spawner->fd, &event)) == 0)
		each(&event, arg);
	return r == -EAGAIN ? 0 : r;
}
