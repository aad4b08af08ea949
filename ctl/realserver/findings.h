/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings.h - from facts about a backend to what is wrong with it, in words. Pure: facts.c looks.
 */
#ifndef REALSERVER_FINDINGS_H
#define REALSERVER_FINDINGS_H

#include "dataplane/decap.h"
#include "model/schema.h"
#include "realserver/host.h"

/*
 * X(symbol, name, kind). A problem: packets are lost, or reach another host. A hint: it may be
 * meant so, or costs no more than speed. Names never change meaning.
 */
#define FINDINGS(X)                                                                                \
	X(OTHER_FORWARD, "other_forward", PROBLEM)                                                 \
	X(VIP_MISSING, "vip_missing", PROBLEM)                                                     \
	X(VIP_ELSEWHERE, "vip_elsewhere", PROBLEM)                                                 \
	X(VIP_NETWORK, "vip_network", PROBLEM)                                                     \
	X(VIP_LOCAL, "vip_local", PROBLEM)                                                         \
	X(ARP_IGNORE, "arp_ignore", PROBLEM)                                                       \
	X(ARP_ANNOUNCE, "arp_announce", PROBLEM)                                                   \
	X(NO_DEV, "no_dev", PROBLEM)                                                               \
	X(DEV_DOWN, "dev_down", PROBLEM)                                                           \
	X(RP_FILTER, "rp_filter", PROBLEM)                                                         \
	X(NO_PROGRAM, "no_program", PROBLEM)                                                       \
	X(OTHER_PROGRAM, "other_program", PROBLEM)                                                 \
	X(GENERIC, "generic", HINT)                                                                \
	X(VIP_UNKNOWN, "vip_unknown", PROBLEM)                                                     \
	X(NO_DIRECTOR, "no_director", PROBLEM)                                                     \
	X(DIRECTOR_MISSING, "director_missing", PROBLEM)                                           \
	X(STRANGER, "stranger", HINT)                                                              \
	X(LOST, "lost", HINT)                                                                      \
	X(MTU_SMALL, "mtu_small", PROBLEM)                                                         \
	X(MTU, "mtu", HINT)                                                                        \
	X(NO_DEFAULT_ROUTE, "no_default_route", HINT)                                              \
	X(WAY_BACK, "way_back", HINT)                                                              \
	X(DEFAULT_ROUTE, "default_route", PROBLEM)                                                 \
	X(ROUTE, "route", HINT)                                                                    \
	X(CLIENT_ROUTE, "client_route", PROBLEM)                                                   \
	X(POOL_ROUTE, "pool_route", PROBLEM)                                                       \
	X(REDIRECTS, "redirects", PROBLEM)

enum finding_name {
#define X(symbol, name, kind) FINDING_##symbol,
	FINDINGS(X)
#undef X
		FINDING_COUNT
};

enum finding_kind { FINDING_PROBLEM, FINDING_HINT };

#define FINDINGS_MAX 64
#define FINDING_LEN  400

struct findings {
	struct finding {
		enum finding_name name;
		char text[FINDING_LEN];
	} list[FINDINGS_MAX];
	size_t count, more; /* more: what did not fit */
};

const char *finding_name(enum finding_name name);
enum finding_kind finding_kind(enum finding_name name);
size_t findings_problems(const struct findings *findings);

/* --- what they are made from --- */

#define FACTS_PLACES_MAX 8
#define FACTS_WAYS_MAX   16

/* How replies to some clients leave. */
struct way {
	struct host_route route;
	bool by_director;
	bool found; /* of a client: there is a route at all */
	struct ip_prefix client;
};

struct facts {
	struct ip_addr vip;
	int forward;               /* that is asked about */
	int enabled_forward;       /* 0 = `enable` has not been here */
	struct prefixes directors; /* that were named */

	struct host_address places[FACTS_PLACES_MAX]; /* where the VIP is */
	size_t places_count;
	char arp_ignore[128], arp_announce[128]; /* the interfaces where it is not set; "" = none */
	struct host_link dev;                    /* name "" = none is known */
	int rp_filter;                           /* what holds for dev */
	bool default_route;
	struct host_route way_out; /* when there is one */
	bool out_by_director;

	bool looked; /* tunnels: what follows was looked at */
	struct decap_view decap;

	bool redirects;                  /* nat: they are accepted where replies leave */
	struct way ways[FACTS_WAYS_MAX]; /* nat: the routes of the VIP's family */
	size_t ways_count, ways_more;
	struct way clients[PREFIXES_MAX]; /* nat: those that were named; fullnat: the pool's */
	size_t clients_count;
};

void findings_from(const struct facts *facts, struct findings *ret);

#endif
