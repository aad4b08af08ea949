/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_worker.c - jobs run in the other thread, come back in the loop, urgent ones first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <semaphore.h>
#include <cmocka.h>

#include "daemon/worker.h"

#define JOBS 50

struct test_job {
	struct worker_job job;
	sem_t *gate; /* waited for in the worker, when set */
	pthread_t worked_in;
	int order;
};

static int finished, last_done;
static pthread_t loop_thread;

static void work(struct worker_job *job)
{
	struct test_job *t = (struct test_job *)job;

	t->worked_in = pthread_self();
	if (t->gate)
		sem_wait(t->gate);
}

static void done(struct worker_job *job)
{
	struct test_job *t = (struct test_job *)job;

	assert_true(pthread_equal(pthread_self(), loop_thread));
	assert_false(pthread_equal(t->worked_in, loop_thread));
	t->order = ++last_done;
	finished++;
}

static void run_until(sd_event *loop, int count)
{
	for (int turns = 0; finished < count; turns++) {
		assert_true(turns < 1000);
		assert_true(sd_event_run(loop, 1000000) >= 0);
	}
}

static void test_order(void **state)
{
	struct test_job jobs[JOBS] = {}, urgent = {}, gate = {};
	_cleanup_(worker_free) struct worker *worker = NULL;
	sd_event *loop = NULL;
	sem_t sem;

	finished = last_done = 0;
	loop_thread = pthread_self();
	sem_init(&sem, 0, 0);
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(worker_new(loop, &worker, NULL), 0);
	/* hold the worker in the first job while the others queue up */
	gate = (struct test_job){.job = {.work = work, .done = done}, .gate = &sem};
	worker_submit(worker, &gate.job);
	for (int i = 0; i < JOBS; i++) {
		jobs[i].job = (struct worker_job){.work = work, .done = done};
		worker_submit(worker, &jobs[i].job);
	}
	urgent.job = (struct worker_job){.work = work, .done = done, .urgent = true};
	worker_submit(worker, &urgent.job);
	sem_post(&sem);
	run_until(loop, JOBS + 2);
	assert_true(urgent.order <= 2);
	for (int i = 1; i < JOBS; i++)
		assert_true(jobs[i - 1].order < jobs[i].order);
	worker = worker_free(worker);
	sd_event_unref(loop);
	sem_destroy(&sem);
}

/* Nothing that was submitted is lost when the worker ends. */
static void test_end(void **state)
{
	struct test_job jobs[JOBS] = {};
	struct worker *worker;
	sd_event *loop = NULL;

	finished = last_done = 0;
	loop_thread = pthread_self();
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(worker_new(loop, &worker, NULL), 0);
	for (int i = 0; i < JOBS; i++) {
		jobs[i].job = (struct worker_job){.work = work, .done = done};
		worker_submit(worker, &jobs[i].job);
	}
	worker_free(worker);
	assert_int_equal(finished, JOBS);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
