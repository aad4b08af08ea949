/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bridge.c - what bridges have learned about who is behind which port */
#include <errno.h>
#include <linux/neighbour.h>
#include <netlink/attr.h>
#include <string.h>

#include "net/net_internal.h"

static void take_port(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	const struct ndmsg *info = nlmsg_data(hdr);
	uint32_t *port = arg;

	if (hdr->nlmsg_type == RTM_NEWNEIGH && nlmsg_valid_hdr(hdr, sizeof(*info)))
		*port = info->ndm_ifindex;
}

int bridge_port(struct net *net, uint32_t bridge, const uint8_t mac[static 6], uint32_t *ret_port)
{
	const struct ndmsg info = {.ndm_family = AF_BRIDGE};
	struct nl_msg *msg = net_message(RTM_GETNEIGH, 0, &info, sizeof(info));
	uint32_t port = 0;
	int r;

	nla_put_u32(msg, NDA_MASTER, bridge);
	nla_put(msg, NDA_LLADDR, 6, mac);
	r = net_ask(net, msg, take_port, &port);
	if (!r)
		*ret_port = port;
	return r ? r : port ? 0 : -ENOENT;
}

/* A bridge has learned or forgotten a host: ways to neighbours with that MAC may have changed. */
void bridge_message(struct net *net, struct nlmsghdr *hdr)
{
	struct nlattr *attrs[NDA_MAX + 1], *mac;

	if (nlmsg_parse(hdr, sizeof(struct ndmsg), attrs, NDA_MAX, NULL) < 0)
		return;
	mac = attrs[NDA_LLADDR];
	if (mac && nla_len(mac) == 6 && neighbour_has_mac(net, nla_data(mac)))
		net->dirty = true;
}
