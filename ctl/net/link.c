/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.c - the host's interfaces; see net.h */
#include "net/net.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "base/mem.h"
#include "net/net_internal.h"

struct link *link_find(struct net *net, uint32_t ifindex)
{
	struct link *link;

	HASH_FIND(by_ifindex, net->links, &ifindex, sizeof(ifindex), link);
	return link;
}

/* IFF_RUNNING follows the operational state: only then does the queue take packets. */
bool link_is_up(const struct link *link)
{
	return link && (link->flags & IFF_UP) && (link->flags & IFF_RUNNING);
}

static void drop_link(struct net *net, struct link *link)
{
	net->dirty = true;
	route_forget_link(net, link->ifindex);
	HASH_DELETE(by_ifindex, net->links, link);
	neighbour_link_gone(net, link->ifindex);
	free(link);
}

static int parse_link(struct nlmsghdr *hdr, struct link *ret)
{
	struct nlattr *attrs[IFLA_MAX + 1];
	struct ifinfomsg *info = nlmsg_data(hdr);

	if (nlmsg_parse(hdr, sizeof(*info), attrs, IFLA_MAX, NULL) < 0 || !attrs[IFLA_IFNAME])
		return -EINVAL;
	ret->ifindex = info->ifi_index;
	ret->flags = info->ifi_flags;
	nla_strlcpy(ret->name, attrs[IFLA_IFNAME], sizeof(ret->name));
	ret->mtu = attrs[IFLA_MTU] ? nla_get_u32(attrs[IFLA_MTU]) : 0;
	ret->ethernet = info->ifi_type == ARPHRD_ETHER && attrs[IFLA_ADDRESS] &&
			nla_len(attrs[IFLA_ADDRESS]) == sizeof(ret->mac);
	if (ret->ethernet)
		memcpy(ret->mac, nla_data(attrs[IFLA_ADDRESS]), sizeof(ret->mac));
	port_parse(attrs, &ret->make);
	return 0;
}

static bool same_link(const struct link *a, const struct link *b)
{
	const uint32_t matters = IFF_UP | IFF_RUNNING;

	return a->mtu == b->mtu && (a->flags & matters) == (b->flags & matters) &&
	       a->ethernet == b->ethernet && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       strcmp(a->name, b->name) == 0 && memcmp(&a->make, &b->make, sizeof(a->make)) == 0;
}

static void put_link(struct net *net, const struct link *now)
{
	struct link *link = link_find(net, now->ifindex);
	bool was_up = link_is_up(link), same = link && same_link(link, now);

	if (!link) {
		link = mem_zalloc(sizeof(*link));
		link->ifindex = now->ifindex;
		HASH_ADD(by_ifindex, net->links, ifindex, sizeof(link->ifindex), link);
	}
	link->sweep = net->sweep;
	if (same)
		return;
	net->dirty = true;
	link->mtu = now->mtu;
	link->flags = now->flags;
	link->ethernet = now->ethernet;
	memcpy(link->mac, now->mac, sizeof(link->mac));
	link->make = now->make;
	memcpy(link->name, now->name, sizeof(link->name));
	if (link_is_up(link) == was_up)
		return;
	/* the kernel does not say which routes go with a link, or count again when it is back */
	if (was_up) {
		route_forget_link(net, link->ifindex);
	} else {
		route_forget_all(net);
		neighbour_link_up(net, link->ifindex);
	}
}

void link_message(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	struct ifinfomsg *info = nlmsg_data(hdr);
	uint32_t *ret_ifindex = arg;
	struct link now = {}, *link;

	/* a bridge tells of its ports in the same words, a port that leaves it by RTM_DELLINK */
	if (!nlmsg_valid_hdr(hdr, sizeof(*info)) || info->ifi_family != AF_UNSPEC)
		return;
	if (hdr->nlmsg_type == RTM_DELLINK) {
		link = link_find(net, info->ifi_index);
		if (link)
			drop_link(net, link);
	} else if (parse_link(hdr, &now) == 0) {
		put_link(net, &now);
		if (ret_ifindex)
			*ret_ifindex = now.ifindex;
	}
}

static struct nl_msg *get_link(int flags)
{
	const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	struct nl_msg *msg = net_message(RTM_GETLINK, flags, &info, sizeof(info));

	nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return msg;
}

int link_sweep(struct net *net)
{
	struct link *link, *next;
	int r = net_ask(net, get_link(NLM_F_DUMP), link_message, NULL);

	if (r)
		return r;
	HASH_ITER (by_ifindex, net->links, link, next)
		if (link->sweep != net->sweep)
			drop_link(net, link);
	return 0;
}

void link_free_all(struct net *net)
{
	struct link *link, *next;

	HASH_ITER (by_ifindex, net->links, link, next) {
		HASH_DELETE(by_ifindex, net->links, link);
		free(link);
	}
}

/* The kernel is asked: the table may be behind by notifications that wait. */
int net_link_index(struct net *net, const char *ifname, uint32_t *ret, struct error *err)
{
	struct nl_msg *msg;
	uint32_t ifindex = 0;
	int r = -ENODEV;

	if (*ifname && strlen(ifname) < IF_NAMESIZE) {
		msg = get_link(0);
		nla_put_string(msg, IFLA_IFNAME, ifname);
		r = net_ask(net, msg, link_message, &ifindex);
	}
	if (r == -ENODEV || (!r && !ifindex))
		return error_set(err, -ENOENT, "no interface '%s'", ifname);
	if (r)
		return error_set(err, r, "interface '%s': %s", ifname, strerror(-r));
	*ret = ifindex;
	return 0;
}

const char *net_link_name(struct net *net, uint32_t ifindex, char buf[static IF_NAMESIZE])
{
	struct link *link = link_find(net, ifindex);

	snprintf(buf, IF_NAMESIZE, "%s", link ? link->name : "");
	return buf;
}

bool net_link_mac(struct net *net, uint32_t ifindex, uint8_t ret[static 6])
{
	struct link *link = link_find(net, ifindex);

	if (!link || !link->ethernet)
		return false;
	memcpy(ret, link->mac, sizeof(link->mac));
	return true;
}

bool net_mac_ours(struct net *net, const uint8_t mac[static 6])
{
	for (struct link *link = net->links; link; link = link->by_ifindex.next)
		if (link->ethernet && memcmp(link->mac, mac, sizeof(link->mac)) == 0)
			return true;
	return false;
}

bool net_link_up(struct net *net, uint32_t ifindex)
{
	return link_is_up(link_find(net, ifindex));
}

bool net_forwarding(const char *ifname, int family)
{
	_cleanup_free_ char *path = mem_printf("/proc/sys/net/%s/conf/%s/forwarding",
					       family == AF_INET6 ? "ipv6" : "ipv4", ifname);
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	return file && fgetc(file) == '1';
}
