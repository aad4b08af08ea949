/* SPDX-License-Identifier: GPL-2.0-or-later */
/* startup.c - see startup.h */
#include "daemon/startup.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/director_internal.h"
#include "daemon/lock.h"
#include "daemon/privileges.h"

#define SETTLE_STEP_US  50000
#define SETTLE_LIMIT_US 10000000 /* new maps take over from old ones by then at the latest */

/* --- places --- */

static int make_directory(const char *path, mode_t mode, struct error *err)
{
	if (mkdir(path, mode) && errno != EEXIST)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Mount the bpffs where the system has its place, if nobody has yet. */
static void mount_bpffs(const char *pin_dir)
{
	static const char place[] = "/sys/fs/bpf";
	struct statfs fs;

	if (strncmp(pin_dir, place, strlen(place)) != 0)
		return;
	if (statfs(place, &fs) || fs.f_type == BPF_FS_MAGIC)
		return;
	if (mount("bpf", place, "bpf", 0, "mode=0700"))
		log_warning("%s: cannot mount a bpffs there: %s", place, strerror(errno));
}

static int open_places(struct director *d, struct error *err)
{
	int r = make_directory(d->options->runtime_dir, 0755, err);

	if (!r)
		r = make_directory(d->options->state_dir, 0750, err);
	if (!r) {
		d->lock = lock_take(d->options->runtime_dir, err);
		r = d->lock < 0 ? d->lock : 0;
	}
	return r;
}

/* --- what needs privileges that are then given up --- */

static int open_privileged(struct director *d, struct error *err)
{
	const char *warning = NULL;
	char checker[PATH_MAX];
	int r = spawner_find_checker(checker, err);

	if (!r)
		r = spawner_start(checker, &d->spawner, err);
	if (!r)
		r = claims_open(&d->claims, err);
	if (r)
		return r;
	mount_bpffs(d->options->pin_dir);
	r = privileges_drop(&warning, err);
	if (!r && warning)
		events_alarm(d->events, "config", "privileges", "%s", warning);
	return r;
}

/* --- the data plane --- */

static void tell_fixed(struct director *d, const char *name, uint64_t now, uint64_t wish)
{
	char key[32];

	snprintf(key, sizeof(key), "fixed:%s", name);
	if (wish && now != wish)
		events_alarm(
			d->events, "config", key,
			"%s of the file is not in use: the maps in use were made with another; it "
			"takes effect after shuntd --stop-forwarding",
			name);
}

static void count_losses(struct director *d)
{
	struct error err = {};

	if (dataplane_count_losses(d->dp, &err))
		events_alarm(d->events, "config", "losses",
			     "packets that are lost after the program's verdict are not counted: "
			     "%s",
			     err.text);
}

static int open_dataplane(struct director *d, struct error *err)
{
	const struct settings *settings = &d->model->settings;
	struct dataplane_options options = {
		.pin_dir = d->options->pin_dir,
		.seed = d->seed,
		.slots_max = settings->slots_max,
		.backends_max = settings->backends_max,
		.ports_max = settings->ports_max,
	};
	struct dataplane_info info;
	int r = dataplane_open(&options, &d->dp, err);

	if (r)
		return r;
	count_losses(d);
	dataplane_info(d->dp, &info);
	tell_fixed(d, "seed", info.seed, settings->seed);
	tell_fixed(d, "slots_max", info.slots_max, settings->slots_max);
	tell_fixed(d, "backends_max", info.backends_max, settings->backends_max);
	tell_fixed(d, "ports_max", info.ports_max, settings->ports_max);
	d->seed = info.seed;
	d->fresh = !info.adopted;
	return 0;
}

static void on_net_changed(void *arg)
{
	struct director *d = arg;

	if (!d->reconciler || !d->announcer)
		return;
	director_sync_ports(d);
	reconcile_net(d->reconciler);
	if (d->forwarding)
		director_sync_interfaces(d);
}

static void on_vip_removed(const struct ip_addr *vip, void *arg)
{
	struct director *d = arg;

	announcer_unwant(d->announcer, vip);
}

static int on_egress(uint32_t ifindex, struct error *err, void *arg)
{
	return director_egress(arg, ifindex, err);
}

static void on_egress_unused(uint32_t ifindex, void *arg)
{
	director_egress_unused(arg, ifindex);
}

static void on_check_result(uint32_t id, const struct protocol_result *result, void *arg)
{
	struct director *d = arg;

	reconcile_result(d->reconciler, result);
}

static void on_checker_event(enum checker_link_event event, const char *text, void *arg)
{
	struct director *d = arg;

	if (event == CHECKER_LINK_STARTED) {
		events_clear(d->events, "checker");
		events_add(d->events, EVENT_INFO, "checker", NULL, NULL, "%s", text);
	} else {
		events_alarm(d->events, "checker", "checker", "%s; backends keep their states",
			     text);
	}
}

static int open_parts(struct director *d, struct error *err)
{
	const struct checker_link_callbacks callbacks = {.result = on_check_result,
							 .event = on_checker_event};
	const struct reconcile_hooks hooks = {.vip_removed = on_vip_removed,
					      .egress = on_egress,
					      .egress_unused = on_egress_unused,
					      .arg = d};
	int r = net_open(on_net_changed, d, &d->net, err);

	if (!r)
		r = open_dataplane(d, err);
	if (!r)
		r = worker_new(d->loop, &d->worker, err);
	if (!r)
		r = announcer_new(d->loop, d->net, d->claims, d->events, &d->announcer, err);
	if (r)
		return r;
	director_sync_ports(d);
	d->reconciler = reconciler_new(d->loop, d->dp, d->net, d->worker, d->events, &hooks);
	r = checker_link_open(d->loop, d->spawner, &callbacks, d, &d->checker, err);
	if (!r)
		reconciler_set_checker(d->reconciler, d->checker);
	return r;
}

/* --- taking over --- */

/* Maps first, then attach, then announce. */
static int go_live(struct director *d, struct error *err)
{
	int r = dataplane_activate(d->dp, err);

	if (!r)
		r = director_attach_all(d, &d->model->settings.interfaces, err);
	if (r)
		return r;
	d->forwarding = true;
	director_detach_others(d, &d->model->settings.interfaces);
	director_adopt_offloads(d);
	director_sync_interfaces(d);
	reconcile_egress(d->reconciler);
	director_save_state(d);
	sd_notifyf(0, "READY=1\nSTATUS=%zu services", model_count(d->model));
	log_notice("shuntd " SHUNT_VERSION " runs: services %zu, seed %016" PRIx64 ", %s",
		   model_count(d->model), d->seed, d->fresh ? "new maps" : "maps adopted");
	return 0;
}

/* An older program forwards by maps of another ABI: it goes on until the new maps are as good. */
static int on_settle_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct director *d = arg;
	struct error err = {};
	uint64_t now;

	sd_event_now(d->loop, CLOCK_MONOTONIC, &now);
	if (!reconcile_settled(d->reconciler) && now - d->started_us < SETTLE_LIMIT_US) {
		sd_event_source_set_time_relative(source, SETTLE_STEP_US);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	if (go_live(d, &err) == 0)
		return 0;
	log_error("shuntd: %s", err.text);
	return sd_event_exit(d->loop, -EIO);
}

static int take_over(struct director *d, struct error *err)
{
	struct dataplane_link link;
	bool replaces = d->fresh && dataplane_links(d->dp, &link, 1) > 0;
	size_t dropped;
	int r = director_fill(d, err);

	if (r)
		return r;
	dropped = reconcile_remove_unwished(d->reconciler);
	if (dropped)
		events_add(d->events, EVENT_INFO, "config", NULL, NULL,
			   "%zu services of an earlier daemon are no longer wanted: removed",
			   dropped);
	if (!replaces)
		return go_live(d, err);
	r = sd_event_add_time_relative(d->loop, &d->settle_timer, CLOCK_MONOTONIC, SETTLE_STEP_US,
				       0, on_settle_timer, d);
	return r < 0 ? error_set(err, r, "event loop: %s", strerror(-r)) : 0;
}

/* --- beginning and ending --- */

static int check_interfaces(struct director *d, struct error *err)
{
	const struct strings *names = &d->model->settings.interfaces;
	uint32_t ifindex;

	for (size_t i = 0; i < names->n; i++) {
		int r = net_link_index(d->net, names->v[i], &ifindex, err);

		if (!r)
			r = dataplane_attachable(d->dp, ifindex, err);
		if (r)
			return r;
	}
	return 0;
}

static int open_all(struct director *d, struct error *err)
{
	_cleanup_free_ char *socket = mem_printf("%s/shuntd.sock", d->options->runtime_dir);
	int r = director_read_config(d, err);

	if (!r)
		r = open_places(d, err);
	if (!r)
		r = director_read_state(d, err);
	if (!r)
		r = open_privileged(d, err);
	if (!r)
		r = open_parts(d, err);
	if (!r)
		r = check_interfaces(d, err);
	if (!r)
		r = director_add_sources(d, err);
	if (!r)
		r = api_open(d->loop, socket, d, &d->api, err);
	if (!r)
		r = take_over(d, err);
	return r;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int director_open(const struct options *options, struct director **ret, struct error *err)
{
	struct director *d = mem_zalloc(sizeof(*d));
	bool fresh, links;
	int r;

	d->options = options;
	d->lock = -1;
	d->events = events_new();
	block_signals();
	r = sd_event_default(&d->loop);
	if (r >= 0) {
		sd_event_now(d->loop, CLOCK_MONOTONIC, &d->started_us);
		r = open_all(d, err);
	} else {
		error_set(err, r, "event loop: %s", strerror(-r));
	}
	if (!r) {
		*ret = d;
		return 0;
	}
	/* what this start made new goes again; what forwarded before goes on */
	fresh = d->dp && d->fresh;
	links = d->dp && dataplane_links(d->dp, &(struct dataplane_link){}, 1) > 0;
	director_close(d);
	if (fresh && !links)
		dataplane_teardown(options->pin_dir, NULL);
	return r;
}

int director_run(struct director *d)
{
	int r = sd_event_loop(d->loop);

	sd_notify(0, "STOPPING=1");
	if (r < 0)
		log_error("event loop: %s", strerror(-r));
	else
		log_notice("shuntd stops; packets are forwarded as before (shuntd "
			   "--stop-forwarding ends that)");
	return r;
}

struct director *director_close(struct director *d)
{
	if (!d)
		return NULL;
	api_close(d->api);
	sd_event_source_disable_unref(d->settle_timer);
	director_remove_sources(d);
	reconciler_quiet(d->reconciler);
	worker_free(d->worker);
	checker_link_close(d->checker);
	reconciler_free(d->reconciler);
	announcer_free(d->announcer);
	net_close(d->net);
	dataplane_close(d->dp);
	claims_close(d->claims);
	free(d->ports.v);
	spawner_stop(d->spawner);
	model_free(d->model);
	free(d->pool_announced);
	events_free(d->events);
	sd_event_unref(d->loop);
	lock_release(d->lock);
	free(d);
	return NULL;
}

int startup_stop_forwarding(const struct options *options, struct error *err)
{
	_cleanup_(net_close) struct net *net = NULL;
	struct dataplane_note notes[DATAPLANE_NOTES_MAX];
	size_t noted = dataplane_pinned_notes(options->pin_dir, notes, ARRAY_SIZE(notes));
	int lock, r = make_directory(options->runtime_dir, 0755, err);

	if (r)
		return r;
	lock = lock_take(options->runtime_dir, err);
	if (lock < 0)
		return lock;
	r = net_open(NULL, NULL, &net, err);
	/* withdraw first: the director's own stack must not answer for a VIP */
	if (!r)
		r = announcer_remove_all(net, err);
	if (!r)
		r = dataplane_teardown(options->pin_dir, err);
	if (!r)
		offloads_restore_all(notes, noted);
	lock_release(lock);
	return r;
}
