/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net.c - the two sockets, notifications, and what all files of net/ need; see net.h */
#include "net/net.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <netlink/attr.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/net_internal.h"

#define WATCH_BUFFER   (4 << 20) /* bytes: some ten thousand notifications */
#define ANSWER_BYTES   32768
#define DISPATCHES_MAX 1024 /* datagrams read in one turn of the event loop */

static const int groups[] = {
	RTNLGRP_LINK,        RTNLGRP_NEIGH,      RTNLGRP_NEXTHOP,
	RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE,
};

/* --- asking --- */

struct exchange {
	struct net *net;
	net_each each;
	void *arg;
	bool done;
	int error;
};

static int on_answer(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	if (x->each)
		x->each(x->net, nlmsg_hdr(msg), x->arg);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	x->done = true;
	return NL_STOP;
}

/* libnl's own codes have no word for "no route": take the kernel's. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct exchange *x = arg;

	x->done = true;
	x->error = e->error;
	return NL_STOP;
}

struct nl_msg *net_message(int type, int flags, const void *header, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (!msg || nlmsg_append(msg, (void *)header, size, NLMSG_ALIGNTO))
		abort(); /* no memory for some 100 bytes: as mem_zalloc() */
	return msg;
}

static int receive(struct net *net, struct exchange *x)
{
	nl_cb_set(net->cb, NL_CB_VALID, NL_CB_CUSTOM, on_answer, x);
	nl_cb_set(net->cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(net->cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, x);
	nl_cb_err(net->cb, NL_CB_CUSTOM, on_error, x);
	while (!x->done) {
		int r = nl_recvmsgs(net->ask, net->cb);

		if (r == -NLE_DUMP_INTR)
			return -EAGAIN;
		if (r < 0 && !x->done)
			return -EIO;
	}
	return x->error;
}

int net_ask(struct net *net, struct nl_msg *msg, net_each each, void *arg)
{
	struct exchange x = {.net = net, .each = each, .arg = arg};
	int r = nl_send_auto(net->ask, msg) < 0 ? -EIO : receive(net, &x);

	nlmsg_free(msg);
	if (r == -EIO || r == -EAGAIN) {
		/* answers may still be under way, and would be taken for those to the next request
		 */
		nl_close(net->ask);
		if (nl_connect(net->ask, NETLINK_ROUTE))
			return -EIO;
	}
	return r;
}

/* --- addresses in messages --- */

static size_t addr_size(int family)
{
	return family == AF_INET    ? sizeof(struct in_addr)
	       : family == AF_INET6 ? sizeof(struct in6_addr)
				    : 0;
}

struct ip_addr net_attr_addr(struct nlattr *attr, int family)
{
	struct ip_addr addr;

	memset(&addr, 0, sizeof(addr)); /* an initialiser need not clear all of a union */
	if (!attr || !addr_size(family) || (size_t)nla_len(attr) < addr_size(family))
		return addr;
	addr.family = family;
	memcpy(&addr.v4, nla_data(attr), addr_size(family));
	return addr;
}

void net_put_addr(struct nl_msg *msg, int attr, const struct ip_addr *addr)
{
	nla_put(msg, attr, addr_size(addr->family), &addr->v4);
}

struct ip_addr net_key_addr(const struct ip_addr *addr)
{
	struct ip_addr key;

	memset(&key, 0, sizeof(key));
	key.family = addr->family;
	memcpy(&key.v4, &addr->v4, addr_size(addr->family));
	return key;
}

/* --- watching --- */

static int on_notification(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct net *net = arg;

	switch (hdr->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_message(net, hdr, NULL);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		address_message(net, hdr, NULL);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		neighbour_message(net, hdr, NULL);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		route_message(net, hdr, NULL);
		break;
	default: /* rules, next hop objects */
		route_forget_all(net);
	}
	return NL_OK;
}

/* Read everything anew. Links first: the others look at them. */
static int sweep(struct net *net)
{
	static int (*const sweeps[])(struct net * net) = {link_sweep, address_sweep,
							  neighbour_sweep};

	for (size_t i = 0; i < ARRAY_SIZE(sweeps); i++) {
		int r = -EAGAIN;

		for (unsigned int tries = 0; r == -EAGAIN && tries < NET_SWEEPS_MAX; tries++) {
			net->sweep++;
			r = sweeps[i](net);
		}
		if (r)
			return r;
	}
	route_forget_all(net);
	return 0;
}

static void read_notifications(struct net *net)
{
	for (unsigned int i = 0; i < DISPATCHES_MAX; i++) {
		int r = nl_recvmsgs_default(net->watch);

		if (r == -NLE_AGAIN)
			return;
		if (r < 0) /* an overrun: some are lost */
			net->behind = true;
	}
}

void net_dispatch(struct net *net)
{
	net->neighbours_full = false;
	read_notifications(net);
	if (net->behind) {
		net->dirty = true;
		net->behind = sweep(net) != 0; /* then again at the next dispatch */
	}
	neighbour_ask_due(net);
	if (!net->dirty)
		return;
	net->dirty = false;
	if (net->changed)
		net->changed(net->changed_arg);
}

int net_fd(const struct net *net)
{
	return nl_socket_get_fd(net->watch);
}

/* --- beginning and ending --- */

static int open_watch(struct net *net)
{
	int bytes = WATCH_BUFFER, r;

	nl_socket_disable_seq_check(net->watch);
	nl_socket_modify_cb(net->watch, NL_CB_VALID, NL_CB_CUSTOM, on_notification, net);
	r = nl_connect(net->watch, NETLINK_ROUTE);
	if (!r)
		r = nl_socket_set_nonblocking(net->watch);
	for (size_t i = 0; !r && i < ARRAY_SIZE(groups); i++)
		r = nl_socket_add_membership(net->watch, groups[i]);
	/* what is refused only makes overruns likelier */
	if (!r)
		setsockopt(net_fd(net), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return r;
}

static int open_sockets(struct net *net, struct error *err)
{
	int r;

	net->ask = nl_socket_alloc();
	net->watch = nl_socket_alloc();
	net->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!net->ask || !net->watch || !net->cb)
		return error_set(err, -ENOMEM, "netlink: no memory for a socket");
	/* one system call an answer, not two; the kernel makes none longer than this */
	nl_socket_disable_msg_peek(net->ask);
	r = nl_socket_set_msg_buf_size(net->ask, ANSWER_BYTES);
	if (!r)
		r = nl_connect(net->ask, NETLINK_ROUTE);
	if (!r)
		r = open_watch(net);
	return r ? error_set(err, -EIO, "netlink: %s", nl_geterror(r)) : 0;
}

int net_open(void (*changed)(void *arg), void *arg, struct net **ret, struct error *err)
{
	_cleanup_(net_close) struct net *net = mem_zalloc(sizeof(*net));
	int r;

	net->changed = changed;
	net->changed_arg = arg;
	r = open_sockets(net, err);
	if (r)
		return r;
	r = sweep(net);
	if (r)
		return error_set(err, r, "netlink: links and addresses cannot be read: %s",
				 strerror(-r));
	neighbour_adopt(net);
	net->dirty = false;
	*ret = take_ptr(net);
	return 0;
}

struct net *net_close(struct net *net)
{
	if (!net)
		return NULL;
	route_free_all(net);
	neighbour_free_all(net);
	address_free_all(net);
	link_free_all(net);
	nl_socket_free(net->ask);
	nl_socket_free(net->watch);
	if (net->cb)
		nl_cb_put(net->cb);
	free(net);
	return NULL;
}
