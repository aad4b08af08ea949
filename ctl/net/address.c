/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.c - the host's own addresses; those that we put there are marked (IFA_PROTO) */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <netlink/attr.h>

#include "base/mem.h"
#include "model/prefix.h"
#include "net/net_internal.h"

/* Who has one of these is not sent from. */
#define FLAGS_MATTER (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)

/* --- the lists --- */

static int compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const struct address *a, const struct address *b)
{
	int c = ip_addr_compare(&a->addr, &b->addr);

	if (!c)
		c = compare_numbers(a->ifindex, b->ifindex);
	return c ? c : compare_numbers(a->prefixlen, b->prefixlen);
}

/* Where @key is, or would have to be put. */
static size_t place_of(const struct address_list *list, const struct address *key)
{
	size_t from = 0, to = list->n;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (compare(&list->v[middle], key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct address *find(const struct address_list *list, const struct address *key)
{
	size_t at = place_of(list, key);

	return at < list->n && compare(&list->v[at], key) == 0 ? &list->v[at] : NULL;
}

static bool drop(struct address_list *list, const struct address *key)
{
	struct address *old = find(list, key);

	if (!old)
		return false;
	list->n--;
	memmove(old, old + 1, (size_t)(list->v + list->n - old) * sizeof(*old));
	return true;
}

/* True if it was not there, or not the same. */
static bool put(struct address_list *list, const struct address *address)
{
	struct address *old = find(list, address);
	size_t at = place_of(list, address);
	bool same = old && old->flags == address->flags;

	if (old) {
		*old = *address;
		return !same;
	}
	list->v = mem_realloc(list->v, (list->n + 1) * sizeof(*list->v));
	memmove(&list->v[at + 1], &list->v[at], (list->n - at) * sizeof(*list->v));
	list->v[at] = *address;
	list->n++;
	return true;
}

/* --- from the kernel --- */

static int parse(struct nlmsghdr *hdr, struct address *ret, bool *ret_ours)
{
	struct ifaddrmsg *info = nlmsg_data(hdr);
	struct nlattr *attrs[IFA_MAX + 1];
	struct ip_addr local, prefix;

	if (!nlmsg_valid_hdr(hdr, sizeof(*info)) ||
	    nlmsg_parse(hdr, sizeof(*info), attrs, IFA_MAX, NULL) < 0)
		return -EINVAL;
	prefix = net_attr_addr(attrs[IFA_ADDRESS], info->ifa_family);
	local = net_attr_addr(attrs[IFA_LOCAL], info->ifa_family);
	if (!local.family && info->ifa_family == AF_INET6) /* it has one only with a peer */
		local = prefix;
	if (!local.family)
		return -EINVAL;
	*ret = (struct address){
		.addr = local,
		.prefix = prefix.family ? prefix : local,
		.ifindex = info->ifa_index,
		.flags = info->ifa_flags & FLAGS_MATTER,
		.prefixlen = info->ifa_prefixlen,
	};
	*ret_ours = attrs[IFA_PROTO] && nla_get_u8(attrs[IFA_PROTO]) == NET_PROTOCOL;
	return 0;
}

/* What an address of another's brings or takes may be the source that a route had or gets. */
static void note_change(struct net *net, bool sources)
{
	net->dirty = true;
	if (sources)
		route_forget_all(net);
}

void address_message(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	struct address address;
	bool ours, changed;

	if (parse(hdr, &address, &ours))
		return;
	address.sweep = net->sweep;
	if (hdr->nlmsg_type == RTM_DELADDR) {
		changed = drop(&net->ours, &address);
		changed = drop(&net->addresses, &address) || changed;
	} else {
		changed = put(ours ? &net->ours : &net->addresses, &address);
		changed = drop(ours ? &net->addresses : &net->ours, &address) || changed;
	}
	if (changed)
		note_change(net, !ours || hdr->nlmsg_type == RTM_DELADDR);
}

static void drop_unseen(struct net *net, struct address_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].sweep == net->sweep)
			list->v[kept++] = list->v[i];
	if (kept < list->n)
		note_change(net, true);
	list->n = kept;
}

int address_sweep(struct net *net)
{
	const struct ifaddrmsg info = {.ifa_family = AF_UNSPEC};
	int r = net_ask(net, net_message(RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info)),
			address_message, NULL);

	if (r)
		return r;
	drop_unseen(net, &net->addresses);
	drop_unseen(net, &net->ours);
	return 0;
}

void address_free_all(struct net *net)
{
	free(net->addresses.v);
	free(net->ours.v);
}

/* --- questions --- */

static uint32_t link_of(const struct address_list *list, const struct ip_addr *addr)
{
	size_t at = place_of(list, &(struct address){.addr = *addr});

	return at < list->n && ip_addr_compare(&list->v[at].addr, addr) == 0 ? list->v[at].ifindex
									     : 0;
}

uint32_t net_address_link(struct net *net, const struct ip_addr *addr)
{
	uint32_t ifindex = link_of(&net->addresses, addr);

	return ifindex ? ifindex : link_of(&net->ours, addr);
}

uint32_t net_subnet_link(struct net *net, uint32_t ifindex, const struct ip_addr *addr)
{
	uint32_t upon = 0;

	for (size_t i = 0; i < net->addresses.n; i++) {
		const struct address *a = &net->addresses.v[i];
		const struct ip_prefix prefix = {a->prefix, a->prefixlen};

		if (!ip_prefix_contains(&prefix, addr))
			continue;
		if (a->ifindex == ifindex)
			return ifindex;
		if (!upon && port_is_upon(net, a->ifindex, ifindex))
			upon = a->ifindex;
	}
	return upon;
}

static struct address host_address(uint32_t ifindex, const struct ip_addr *addr)
{
	return (struct address){
		.addr = *addr,
		.prefix = *addr,
		.ifindex = ifindex,
		.flags = addr->family == AF_INET6 ? IFA_F_DEPRECATED : 0,
		.prefixlen = ip_prefix_bits(addr->family),
	};
}

bool net_address_ours(struct net *net, uint32_t ifindex, const struct ip_addr *addr)
{
	const struct address key = host_address(ifindex, addr);

	return find(&net->ours, &key);
}

void net_addresses_ours(struct net *net,
			void (*each)(uint32_t ifindex, const struct ip_addr *addr, void *arg),
			void *arg)
{
	const size_t n = net->ours.n;
	_cleanup_free_ struct address *copy = mem_zalloc((n + 1) * sizeof(*copy));

	if (n)
		memcpy(copy, net->ours.v, n * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		each(copy[i].ifindex, &copy[i].addr, arg);
}

/* --- orders --- */

/* Deprecated: of two IPv6 addresses the kernel sends from the one that resembles the destination
 * more, and a backend does not answer a check that comes from its own VIP. */
static void put_lifetime(struct nl_msg *msg)
{
	const struct ifa_cacheinfo lifetime = {.ifa_prefered = 0, .ifa_valid = UINT32_MAX};

	nla_put(msg, IFA_CACHEINFO, sizeof(lifetime), &lifetime);
}

static int change(struct net *net, int type, int flags, const struct address *address)
{
	const struct ifaddrmsg info = {
		.ifa_family = address->addr.family,
		.ifa_flags = address->addr.family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_prefixlen = address->prefixlen,
		.ifa_scope = RT_SCOPE_UNIVERSE, /* on lo too: routing daemons export only those */
		.ifa_index = address->ifindex,
	};
	struct nl_msg *msg = net_message(type, flags, &info, sizeof(info));

	net_put_addr(msg, IFA_LOCAL, &address->addr);
	net_put_addr(msg, IFA_ADDRESS, &address->addr);
	if (type == RTM_NEWADDR)
		nla_put_u8(msg, IFA_PROTO, NET_PROTOCOL);
	if (type == RTM_NEWADDR && address->addr.family == AF_INET6)
		put_lifetime(msg);
	return net_ask(net, msg, NULL, NULL);
}

static int refuse(struct net *net, struct error *err, int r, const char *what,
		  const struct ip_addr *addr, uint32_t ifindex)
{
	char name[IF_NAMESIZE], text[IP_ADDR_LEN];

	return error_set(err, r, "address %s cannot be %s %s: %s", ip_addr_format(addr, text), what,
			 net_link_name(net, ifindex, name),
			 r == -EEXIST ? "it is there already, and not Shunt's" : strerror(-r));
}

int net_address_add(struct net *net, uint32_t ifindex, const struct ip_addr *addr,
		    struct error *err)
{
	struct address address = host_address(ifindex, addr);
	int r;

	if (net_address_ours(net, ifindex, addr))
		return 0;
	r = change(net, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address);
	if (r)
		return refuse(net, err, r, "put on", addr, ifindex);
	address.sweep = net->sweep;
	put(&net->ours, &address);
	return 0;
}

int net_address_remove(struct net *net, uint32_t ifindex, const struct ip_addr *addr,
		       struct error *err)
{
	const struct address address = host_address(ifindex, addr);
	int r = -ENOENT;

	if (net_address_ours(net, ifindex, addr))
		r = change(net, RTM_DELADDR, 0, &address);
	if (!r || r == -EADDRNOTAVAIL || r == -ENODEV)
		drop(&net->ours, &address);
	return r ? refuse(net, err, r, "taken from", addr, ifindex) : 0;
}
