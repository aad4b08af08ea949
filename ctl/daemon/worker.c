/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker.c - see worker.h */
#include "daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <utlist.h>

#include "base/mem.h"

struct worker {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below but `event` */
	pthread_cond_t work;
	struct worker_job *urgent, *normal, *finished;
	bool stop;
	int wake; /* eventfd: something is finished */
	sd_event_source *event;
};

static struct worker_job *take_job(struct worker *worker)
{
	struct worker_job **queue, *job;

	for (;;) {
		queue = worker->urgent ? &worker->urgent : &worker->normal;
		if (*queue || worker->stop)
			break;
		pthread_cond_wait(&worker->work, &worker->lock);
	}
	job = *queue;
	if (job)
		LL_DELETE(*queue, job);
	return job;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct worker_job *job;
	uint64_t one = 1;

	prctl(PR_SET_NAME, "shuntd-worker");
	pthread_mutex_lock(&worker->lock);
	while ((job = take_job(worker))) {
		pthread_mutex_unlock(&worker->lock);
		job->work(job);
		pthread_mutex_lock(&worker->lock);
		LL_APPEND(worker->finished, job);
		/* an eventfd that cannot take one more is readable already */
		if (write(worker->wake, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

static void finish_jobs(struct worker *worker)
{
	struct worker_job *jobs, *job, *next;

	pthread_mutex_lock(&worker->lock);
	jobs = worker->finished;
	worker->finished = NULL;
	pthread_mutex_unlock(&worker->lock);
	LL_FOREACH_SAFE (jobs, job, next)
		job->done(job);
}

static int on_finished(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	finish_jobs(arg);
	return 0;
}

/* Signals belong to the loop's thread. */
static int start_thread(struct worker *worker)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

int worker_new(sd_event *loop, struct worker **ret, struct error *err)
{
	struct worker *worker = mem_zalloc(sizeof(*worker));
	int r;

	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->work, NULL);
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = worker->wake < 0 ? -errno : 0;
	if (!r)
		r = sd_event_add_io(loop, &worker->event, worker->wake, EPOLLIN, on_finished,
				    worker);
	if (r >= 0)
		r = start_thread(worker);
	if (r < 0) {
		sd_event_source_unref(worker->event);
		if (worker->wake >= 0)
			close(worker->wake);
		free(worker);
		return error_set(err, r, "worker thread: %s", strerror(-r));
	}
	*ret = worker;
	return 0;
}

struct worker *worker_free(struct worker *worker)
{
	if (!worker)
		return NULL;
	pthread_mutex_lock(&worker->lock);
	worker->stop = true;
	pthread_cond_signal(&worker->work);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	finish_jobs(worker);
	sd_event_source_unref(worker->event);
	close(worker->wake);
	pthread_cond_destroy(&worker->work);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
	return NULL;
}

void worker_submit(struct worker *worker, struct worker_job *job)
{
	struct worker_job **queue = job->urgent ? &worker->urgent : &worker->normal;

	job->next = NULL;
	pthread_mutex_lock(&worker->lock);
	LL_APPEND(*queue, job);
	pthread_cond_signal(&worker->work);
	pthread_mutex_unlock(&worker->lock);
}
