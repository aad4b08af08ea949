/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbour.c - the neighbours that destinations need, and those that the program asked for, kept
 * resolved by the kernel: a managed entry is probed again and again, whether anybody sends or not.
 */
#include "net/net.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <netlink/attr.h>

#include "base/mem.h"
#include "net/net_internal.h"

#define NUD_USABLE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)
#define NUD_FIXED  (NUD_PERMANENT | NUD_NOARP)

/* What the kernel says of an entry. */
struct entry {
	struct neighbour_key key;
	uint16_t state;
	bool has_mac;
	uint8_t mac[6];
	bool managed;
	bool learned; /* put there by a routing daemon, which keeps it */
	uint8_t protocol;
};

bool neighbour_usable(const struct neighbour *neighbour)
{
	return (neighbour->state & NUD_USABLE) && neighbour->has_mac;
}

static int parse(struct nlmsghdr *hdr, struct entry *ret)
{
	struct nlattr *attrs[NDA_MAX + 1], *mac;
	struct ndmsg *info = nlmsg_data(hdr);

	if (!nlmsg_valid_hdr(hdr, sizeof(*info)) ||
	    nlmsg_parse(hdr, sizeof(*info), attrs, NDA_MAX, NULL) < 0)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	ret->key.ifindex = info->ndm_ifindex;
	ret->key.addr = net_attr_addr(attrs[NDA_DST], info->ndm_family);
	ret->state = info->ndm_state;
	ret->learned = info->ndm_flags & NTF_EXT_LEARNED;
	ret->managed =
		attrs[NDA_FLAGS_EXT] && (nla_get_u32(attrs[NDA_FLAGS_EXT]) & NTF_EXT_MANAGED);
	ret->protocol = attrs[NDA_PROTOCOL] ? nla_get_u8(attrs[NDA_PROTOCOL]) : 0;
	mac = attrs[NDA_LLADDR];
	ret->has_mac = mac && nla_len(mac) == sizeof(ret->mac);
	if (ret->has_mac)
		memcpy(ret->mac, nla_data(mac), sizeof(ret->mac));
	return ret->key.addr.family ? 0 : -EINVAL;
}

static struct neighbour *find(struct net *net, const struct neighbour_key *key)
{
	struct neighbour *neighbour;

	HASH_FIND(by_key, net->neighbours, key, sizeof(*key), neighbour);
	return neighbour;
}

bool neighbour_has_mac(const struct net *net, const uint8_t mac[static 6])
{
	for (const struct neighbour *n = net->neighbours; n; n = n->by_key.next)
		if (n->has_mac && memcmp(n->mac, mac, sizeof(n->mac)) == 0)
			return true;
	return false;
}

/* --- telling the kernel --- */

static int order(struct net *net, const struct neighbour_key *key, uint16_t state, uint8_t flags,
		 uint32_t ext)
{
	const struct ndmsg info = {
		.ndm_family = key->addr.family,
		.ndm_ifindex = key->ifindex,
		.ndm_state = state,
		.ndm_flags = flags,
	};
	struct nl_msg *msg =
		net_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));

	net_put_addr(msg, NDA_DST, &key->addr);
	if (ext) {
		nla_put_u32(msg, NDA_FLAGS_EXT, ext);
		nla_put_u8(msg, NDA_PROTOCOL, NET_PROTOCOL);
	}
	return net_ask(net, msg, NULL, NULL);
}

static void take_entry(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	struct entry *entry = arg;

	if (hdr->nlmsg_type == RTM_NEWNEIGH && parse(hdr, entry))
		memset(entry, 0, sizeof(*entry));
}

/* All zero but the key when there is none. */
static struct entry read_entry(struct net *net, const struct neighbour_key *key)
{
	const struct ndmsg info = {.ndm_family = key->addr.family, .ndm_ifindex = key->ifindex};
	struct nl_msg *msg = net_message(RTM_GETNEIGH, 0, &info, sizeof(info));
	struct entry entry = {};

	net_put_addr(msg, NDA_DST, &key->addr);
	net_ask(net, msg, take_entry, &entry);
	entry.key = *key;
	return entry;
}

/* The administrator's, a routing daemon's, or kept by somebody else: left as it is. To manage it
 * would make a permanent entry an ordinary one, and a routing daemon's nobody's. */
static bool is_foreign(const struct entry *entry)
{
	return (entry->state & NUD_FIXED) || entry->learned ||
	       (entry->managed && entry->protocol != NET_PROTOCOL);
}

static bool take_state(struct neighbour *neighbour, const struct entry *entry)
{
	const struct neighbour before = *neighbour;

	neighbour->state = entry->state;
	neighbour->has_mac = entry->has_mac;
	memcpy(neighbour->mac, entry->mac, sizeof(neighbour->mac));
	if (neighbour_usable(neighbour))
		neighbour->silent = false;
	else if (neighbour->state & NUD_FAILED)
		neighbour->silent = true;
	return neighbour_usable(&before) != neighbour_usable(neighbour) ||
	       before.silent != neighbour->silent ||
	       memcmp(before.mac, neighbour->mac, sizeof(before.mac)) != 0;
}

/* No answer depends on one that the program alone has asked for. */
static void note_state(struct net *net, struct neighbour *neighbour, const struct entry *entry)
{
	if (take_state(neighbour, entry) && neighbour->users)
		net->dirty = true;
}

/* Have the kernel keep it resolved. On a link that is down it would only fail: link_up asks. */
static void keep(struct net *net, struct neighbour *neighbour)
{
	struct entry entry;

	neighbour->due = false;
	neighbour->error = 0;
	if (!link_is_up(link_find(net, neighbour->key.ifindex)))
		return;
	entry = read_entry(net, &neighbour->key);
	note_state(net, neighbour, &entry);
	neighbour->managed = false;
	if (is_foreign(&entry))
		return;
	neighbour->managed = true;
	if (!entry.managed || !(entry.state & ~NUD_FAILED))
		neighbour->error = order(net, &neighbour->key, 0, 0, NTF_EXT_MANAGED);
	net->neighbours_full = neighbour->error == -ENOBUFS;
	if (!neighbour->users) /* that was before */
		neighbour->silent = false;
}

/* When the table is full, thousands that do not fit must not ask one by one. */
void neighbour_retry(struct net *net, struct neighbour *neighbour)
{
	if (neighbour->error && !net->neighbours_full)
		keep(net, neighbour);
}

/* "Use" is the one order that takes the mark away and leaves state and MAC as they are: whoever
 * else talks to that neighbour notices nothing, and the kernel drops the entry when nobody does. */
static void let_go(struct net *net, const struct neighbour *neighbour)
{
	struct entry entry;

	if (!neighbour->managed || !link_find(net, neighbour->key.ifindex))
		return;
	entry = read_entry(net, &neighbour->key);
	if (entry.managed && !is_foreign(&entry))
		order(net, &neighbour->key, 0, NTF_USE, 0);
}

/* The order to probe takes the mark away, so that is given again. What is not usable is being asked
 * for anyhow. */
void neighbour_doubt(struct net *net, struct neighbour *neighbour)
{
	struct entry entry;

	if (!neighbour->managed || !neighbour_usable(neighbour))
		return;
	entry = read_entry(net, &neighbour->key);
	if (is_foreign(&entry) || !(entry.state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY)))
		return;
	order(net, &neighbour->key, NUD_PROBE, 0, 0);
	neighbour->error = order(net, &neighbour->key, 0, 0, NTF_EXT_MANAGED);
}

/* --- from the kernel --- */

/* The kernel is asked later: while it tells, it cannot be asked. */
static void set_due(struct net *net, struct neighbour *neighbour)
{
	neighbour->due = true;
	net->neighbours_due = true;
}

/* The program asked for it, and it does not answer, or the kernel has no room. */
static bool is_over(const struct neighbour *neighbour)
{
	return !neighbour->users && (neighbour->silent || neighbour->error);
}

void neighbour_message(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	const struct ndmsg *info = nlmsg_data(hdr);
	struct neighbour *neighbour;
	struct entry entry;
	bool was_usable;

	if (nlmsg_valid_hdr(hdr, sizeof(*info)) && info->ndm_family == AF_BRIDGE)
		bridge_message(net, hdr);
	if (parse(hdr, &entry))
		return;
	neighbour = find(net, &entry.key);
	if (!neighbour)
		return;
	was_usable = neighbour_usable(neighbour);
	neighbour->sweep = net->sweep;
	if (hdr->nlmsg_type == RTM_DELNEIGH)
		entry = (struct entry){.key = entry.key};
	note_state(net, neighbour, &entry);
	/* gone, or no longer kept, and not by us; or it has failed at its old MAC: the kernel would
	 * ask everybody for the new one only with its next round, every 5 s */
	if ((!entry.managed && !is_foreign(&entry)) || (was_usable && (entry.state & NUD_FAILED)) ||
	    is_over(neighbour))
		set_due(net, neighbour);
}

int neighbour_sweep(struct net *net)
{
	const struct ndmsg info = {.ndm_family = AF_UNSPEC};
	struct neighbour *neighbour, *next;
	int r = net_ask(net, net_message(RTM_GETNEIGH, NLM_F_DUMP, &info, sizeof(info)),
			neighbour_message, NULL);

	if (r)
		return r;
	HASH_ITER (by_key, net->neighbours, neighbour, next)
		if (neighbour->sweep != net->sweep)
			set_due(net, neighbour);
	return 0;
}

void neighbour_link_up(struct net *net, uint32_t ifindex)
{
	struct neighbour *neighbour, *next;

	HASH_ITER (by_key, net->neighbours, neighbour, next)
		if (neighbour->key.ifindex == ifindex)
			set_due(net, neighbour);
}

static struct neighbour *add(struct net *net, const struct neighbour_key *key)
{
	struct neighbour *neighbour = mem_zalloc(sizeof(*neighbour));

	neighbour->key = *key;
	neighbour->sweep = net->sweep;
	HASH_ADD(by_key, net->neighbours, key, sizeof(neighbour->key), neighbour);
	return neighbour;
}

/* One that nobody uses. */
static void forget(struct net *net, struct neighbour *neighbour)
{
	let_go(net, neighbour);
	HASH_DELETE(by_key, net->neighbours, neighbour);
	free(neighbour);
	net->asked--;
}

void neighbour_ask_due(struct net *net)
{
	struct neighbour *neighbour, *next;

	if (!net->neighbours_due)
		return;
	net->neighbours_due = false;
	HASH_ITER (by_key, net->neighbours, neighbour, next) {
		if (!neighbour->due)
			continue;
		if (!is_over(neighbour))
			keep(net, neighbour);
		if (is_over(neighbour))
			forget(net, neighbour);
	}
}

/* --- users --- */

struct neighbour *neighbour_use(struct net *net, uint32_t ifindex, const struct ip_addr *addr)
{
	struct neighbour_key key;
	struct neighbour *neighbour;

	memset(&key, 0, sizeof(key));
	key.ifindex = ifindex;
	key.addr = net_key_addr(addr);
	neighbour = find(net, &key);
	if (!neighbour)
		neighbour = add(net, &key);
	else if (!neighbour->users)
		net->asked--;
	if (!neighbour->users++)
		keep(net, neighbour);
	return neighbour;
}

void neighbour_unuse(struct net *net, struct neighbour *neighbour)
{
	if (!neighbour || --neighbour->users)
		return;
	net->asked++;
	forget(net, neighbour);
}

void neighbour_free_all(struct net *net)
{
	struct neighbour *neighbour, *next;

	HASH_ITER (by_key, net->neighbours, neighbour, next) {
		HASH_DELETE(by_key, net->neighbours, neighbour);
		free(neighbour);
	}
}

/* --- those that the program asks for: without users, and at most NET_ASKED_MAX --- */

void net_ask_neighbour(struct net *net, uint32_t ifindex, const struct ip_addr *addr)
{
	struct neighbour_key key;
	struct neighbour *neighbour;
	struct entry entry;

	memset(&key, 0, sizeof(key));
	key.ifindex = ifindex;
	key.addr = net_key_addr(addr);
	if (!key.addr.family || find(net, &key))
		return;
	entry = read_entry(net, &key);
	if (is_foreign(&entry))
		return;
	if (net->asked < NET_ASKED_MAX) {
		neighbour = add(net, &key);
		net->asked++;
		keep(net, neighbour);
		if (is_over(neighbour))
			forget(net, neighbour);
		return;
	}
	net->asked_refused++;
	/* the order would take the mark of an entry away; one that is usable or being resolved
	 * needs none */
	if (!entry.managed && !(entry.state & ~NUD_FAILED))
		order(net, &key, 0, NTF_USE, 0);
}

static void adopt(struct net *net, struct nlmsghdr *hdr, void *arg)
{
	struct neighbour *neighbour;
	struct entry entry;

	/* however many: backends' are among them, and are theirs once these are asked for */
	if (parse(hdr, &entry) || !entry.managed || is_foreign(&entry) || find(net, &entry.key))
		return;
	neighbour = add(net, &entry.key);
	net->asked++;
	neighbour->managed = true;
	take_state(neighbour, &entry);
	if (is_over(neighbour))
		set_due(net, neighbour);
}

void neighbour_adopt(struct net *net)
{
	const struct ndmsg info = {.ndm_family = AF_UNSPEC};
	int r = -EAGAIN;

	for (unsigned int tries = 0; r == -EAGAIN && tries < NET_SWEEPS_MAX; tries++)
		r = net_ask(net, net_message(RTM_GETNEIGH, NLM_F_DUMP, &info, sizeof(info)), adopt,
			    NULL);
}

void neighbour_link_gone(struct net *net, uint32_t ifindex)
{
	struct neighbour *neighbour, *next;

	HASH_ITER (by_key, net->neighbours, neighbour, next)
		if (!neighbour->users && neighbour->key.ifindex == ifindex)
			forget(net, neighbour);
}

void net_asked(const struct net *net, struct net_asked *ret)
{
	*ret = (struct net_asked){.kept = net->asked, .refused = net->asked_refused};
}
