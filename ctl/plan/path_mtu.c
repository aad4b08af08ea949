/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path_mtu.c - see path_mtu.h */
#include "plan/path_mtu.h"

#include <sys/socket.h>

bool path_mtu_learn(struct path_mtu *p, int family, uint32_t mtu, uint32_t hop_mtu, uint64_t now_ms)
{
	uint32_t least = family == AF_INET6 ? PATH_MTU_MIN6 : PATH_MTU_MIN4;
	uint32_t before = p->mtu;

	if (mtu < least)
		mtu = least;
	/* what is let through is shorter already: old news, or forged */
	if (mtu >= hop_mtu || (before && mtu > before))
		return false;
	p->mtu = mtu;
	p->until_ms = now_ms + PATH_MTU_MS;
	return mtu != before;
}

bool path_mtu_expire(struct path_mtu *p, uint64_t now_ms)
{
	if (!p->mtu || now_ms < p->until_ms)
		return false;
	*p = (struct path_mtu){};
	return true;
}

uint32_t path_mtu_limit(const struct path_mtu *p, uint32_t hop_mtu)
{
	return p->mtu && p->mtu < hop_mtu ? p->mtu : hop_mtu;
}
