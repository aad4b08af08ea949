/* SPDX-License-Identifier: GPL-2.0-or-later */
/* addr.c - see addr.h */
#include "model/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/value.h"

int ip_addr_parse(const char *text, struct ip_addr *ret, struct error *err)
{
	struct ip_addr addr = {};

	if (inet_pton(AF_INET, text, &addr.v4) == 1)
		addr.family = AF_INET;
	else if (inet_pton(AF_INET6, text, &addr.v6) == 1)
		addr.family = AF_INET6;
	else
		return error_set(err, -EINVAL,
				 "'%s' is not an IP address; expected one like 192.0.2.10", text);
	*ret = addr;
	return 0;
}

static int port_parse(const char *text, uint16_t *ret, struct error *err)
{
	uint64_t port;

	if (value_parse_number(text, 1, 65535, &port, NULL))
		return error_set(err, -EINVAL, "'%s' is not a port; expected 1 to 65535", text);
	*ret = (uint16_t)port;
	return 0;
}

/* Split "[addr]:port", "[addr]", "addr4:port", "addr" into its two parts; *ret_port NULL = none. */
static int endpoint_split(char *text, char **ret_addr, char **ret_port)
{
	char *end;

	*ret_port = NULL;
	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		*end = '\0';
		*ret_addr = text + 1;
		if (end[1])
			*ret_port = end + 2;
		return strchr(*ret_addr, ':') ? 0 : -EINVAL;
	}
	*ret_addr = text;
	end = strchr(text, ':');
	if (end && !strchr(end + 1, ':')) { /* more than one colon: a bare IPv6 address */
		*end = '\0';
		*ret_port = end + 1;
	}
	return 0;
}

/* @any: the port may be `*`, which is 0, and must be given. */
static int endpoint_read(const char *text, bool any, struct endpoint *ret, struct error *err)
{
	struct endpoint at = {};
	char copy[ENDPOINT_LEN + 8], *addr, *port;
	int r;

	if (strlen(text) >= sizeof(copy))
		return error_set(err, -EINVAL, "'%.40s...' is too long for ADDRESS[:PORT]", text);
	memcpy(copy, text, strlen(text) + 1);
	if (endpoint_split(copy, &addr, &port))
		return error_set(err, -EINVAL,
				 "'%s' is not ADDRESS[:PORT]; write IPv6 as [ADDRESS]:PORT", text);
	r = ip_addr_parse(addr, &at.addr, err);
	if (r)
		return r;
	if (!port && any)
		return error_set(err, -EINVAL,
				 "'%s' has no port; expected one like 192.0.2.10:80, "
				 "[2001:db8::10]:80 or 192.0.2.10:*",
				 text);
	if (port && !(any && strcmp(port, "*") == 0)) {
		r = port_parse(port, &at.port, err);
		if (r)
			return r;
	}
	*ret = at;
	return 0;
}

int endpoint_parse(const char *text, struct endpoint *ret, struct error *err)
{
	return endpoint_read(text, false, ret, err);
}

int vip_parse(const char *text, struct vip *ret, struct error *err)
{
	struct vip vip = {};
	int r;

	if (strncmp(text, "tcp:", 4) == 0)
		vip.protocol = IPPROTO_TCP;
	else if (strncmp(text, "udp:", 4) == 0)
		vip.protocol = IPPROTO_UDP;
	else
		return error_set(err, -EINVAL,
				 "'%s' is not an address of a service; expected one like "
				 "tcp:192.0.2.10:80 or udp:[2001:db8::10]:53",
				 text);
	r = endpoint_read(text + 4, true, &vip.at, err);
	if (!r)
		*ret = vip;
	return r;
}

const char *ip_addr_format(const struct ip_addr *addr, char buf[static IP_ADDR_LEN])
{
	if (!addr->family || !inet_ntop(addr->family, &addr->v4, buf, IP_ADDR_LEN))
		snprintf(buf, IP_ADDR_LEN, "-");
	return buf;
}

const char *endpoint_format(const struct endpoint *at, char buf[static ENDPOINT_LEN])
{
	char addr[IP_ADDR_LEN];

	ip_addr_format(&at->addr, addr);
	if (!at->port)
		snprintf(buf, ENDPOINT_LEN, "%s", addr);
	else if (at->addr.family == AF_INET6)
		snprintf(buf, ENDPOINT_LEN, "[%s]:%u", addr, at->port);
	else
		snprintf(buf, ENDPOINT_LEN, "%s:%u", addr, at->port);
	return buf;
}

const char *vip_format(const struct vip *vip, char buf[static VIP_LEN])
{
	const char *protocol = vip->protocol == IPPROTO_UDP ? "udp" : "tcp";
	bool v6 = vip->at.addr.family == AF_INET6;
	char at[ENDPOINT_LEN];

	endpoint_format(&vip->at, at);
	if (vip->at.port)
		snprintf(buf, VIP_LEN, "%s:%s", protocol, at);
	else
		snprintf(buf, VIP_LEN, v6 ? "%s:[%s]:*" : "%s:%s:*", protocol, at);
	return buf;
}

int ip_addr_compare(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->family == AF_INET)
		return memcmp(&a->v4, &b->v4, sizeof(a->v4));
	return a->family ? memcmp(&a->v6, &b->v6, sizeof(a->v6)) : 0;
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
	int c = ip_addr_compare(&a->addr, &b->addr);

	return c ? c : (int)a->port - (int)b->port;
}

int vip_compare(const struct vip *a, const struct vip *b)
{
	return a->protocol != b->protocol ? a->protocol - b->protocol
					  : endpoint_compare(&a->at, &b->at);
}

socklen_t endpoint_sockaddr(const struct endpoint *at, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6, .sin6_addr = at->addr.v6, .sin6_port = htons(at->port)};
	struct sockaddr_in v4 = {
		.sin_family = AF_INET, .sin_addr = at->addr.v4, .sin_port = htons(at->port)};

	*ret = (struct sockaddr_storage){};
	if (at->addr.family == AF_INET6)
		memcpy(ret, &v6, sizeof(v6));
	else
		memcpy(ret, &v4, sizeof(v4));
	return at->addr.family == AF_INET6 ? sizeof(v6) : sizeof(v4);
}

const char *ip_family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

static bool is_unicast(const struct ip_addr *addr)
{
	uint32_t host = ntohl(addr->v4.s_addr);

	if (addr->family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&addr->v6) && !IN6_IS_ADDR_LOOPBACK(&addr->v6) &&
		       !IN6_IS_ADDR_MULTICAST(&addr->v6);
	return host != 0 && !IN_MULTICAST(host) && host != INADDR_BROADCAST && host >> 24 != 127;
}

int ip_addr_validate(const struct ip_addr *addr, const char *what, struct error *err)
{
	char text[IP_ADDR_LEN];

	ip_addr_format(addr, text);
	if (!is_unicast(addr))
		return error_set(err, -EINVAL,
				 "%s %s cannot be forwarded; expected a unicast address", what,
				 text);
	if (addr->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr->v6))
		return error_set(err, -EINVAL,
				 "%s %s is valid on one link only; expected a global or unique "
				 "local address",
				 what, text);
	if (addr->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr->v6))
		return error_set(err, -EINVAL,
				 "%s %s is an IPv4 address in IPv6's form; expected %s", what, text,
				 strrchr(text, ':') + 1);
	return 0;
}
