/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router.c - see router.h */
#include "api/router.h"

#include <errno.h>

#include "base/text.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int router_decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		int high, low;

		if (*from != '%') {
			*to = *from++;
			continue;
		}
		high = hex_digit(from[1]);
		low = high < 0 ? -1 : hex_digit(from[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -EINVAL;
		*to = (char)(high << 4 | low);
		from += 3;
	}
	*to = '\0';
	return text_is_clean(text) ? 0 : -EINVAL;
}

/* Cut "/a/b/c" into "a", "b", "c", decoded. Returns how many, or -EINVAL, -ENOENT. */
static int split(char *path, char *ret_segments[static ROUTER_SEGMENTS_MAX])
{
	int count = 0;

	if (*path != '/')
		return -ENOENT;
	while (path) {
		char *segment = path + 1;

		if (count == ROUTER_SEGMENTS_MAX)
			return -ENOENT;
		path = strchr(segment, '/');
		if (path)
			*path = '\0';
		ret_segments[count++] = segment;
	}
	for (int i = 0; i < count; i++)
		if (router_decode(ret_segments[i]) < 0)
			return -EINVAL;
	return count;
}

static bool segment_fits(const char *pattern, size_t length, const char *segment)
{
	if (*pattern == '{')
		return *segment != '\0';
	return strlen(segment) == length && memcmp(pattern, segment, length) == 0;
}

static bool path_fits(const char *pattern, char *const *segments, int count,
		      const char *ret_args[static ROUTER_ARGS_MAX])
{
	int args = 0;

	for (int i = 0; i < count; i++) {
		size_t length;

		if (*pattern != '/')
			return false;
		pattern++;
		length = strcspn(pattern, "/");
		if (!segment_fits(pattern, length, segments[i]))
			return false;
		if (*pattern == '{')
			ret_args[args++] = segments[i];
		pattern += length;
	}
	return *pattern == '\0';
}

static bool method_fits(const struct route *route, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	return strcmp(route->method, method) == 0;
}

static void add_allowed(char allow[static ROUTER_ALLOW_LEN], const char *method)
{
	size_t length = strlen(allow);

	snprintf(allow + length, ROUTER_ALLOW_LEN - length, "%s%s%s", length ? ", " : "", method,
		 strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

int router_find(const struct route *routes, size_t count, const char *method, char *path,
		const struct route **ret_route, const char *ret_args[static ROUTER_ARGS_MAX],
		char ret_allow[static ROUTER_ALLOW_LEN])
{
	char *segments[ROUTER_SEGMENTS_MAX];
	int n = split(path, segments);

	ret_allow[0] = '\0';
	if (n < 0)
		return n;
	for (size_t i = 0; i < count; i++) {
		const char *args[ROUTER_ARGS_MAX] = {0};

		if (!path_fits(routes[i].path, segments, n, args))
			continue;
		if (method_fits(&routes[i], method)) {
			memcpy(ret_args, args, sizeof(args));
			*ret_route = &routes[i];
			return 0;
		}
		add_allowed(ret_allow, routes[i].method);
	}
	return ret_allow[0] ? -EOPNOTSUPP : -ENOENT;
}

bool router_has_args(const struct route *route)
{
	return strchr(route->path, '{');
}

int router_query_index(const struct route *route, const char *name)
{
	for (int i = 0; i < ROUTER_QUERY_MAX && route->query[i]; i++)
		if (strcmp(route->query[i], name) == 0)
			return i;
	return -ENOENT;
}
