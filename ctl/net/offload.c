/* SPDX-License-Identifier: GPL-2.0-or-later */
/* offload.c - the kernel's features of a link, see offload.h */
#include "net/offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define FEATURES_MAX 1024 /* this kernel has some 60 */

/* The kernel numbers its features as it likes, and tells their names. */
struct features {
	uint32_t count, blocks; /* 32 in a block */
	struct ethtool_gfeatures *state;
	struct ethtool_gstrings *names;
};

static void features_free(struct features *f)
{
	free(f->state);
	free(f->names);
}

static int call(int fd, const char *ifname, void *command)
{
	struct ifreq request = {.ifr_data = command};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static int read_count(int fd, const char *ifname, uint32_t *ret)
{
	_cleanup_free_ struct ethtool_sset_info *info = mem_zalloc(sizeof(*info) + sizeof(*ret));
	int r;

	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1ULL << ETH_SS_FEATURES;
	r = call(fd, ifname, info);
	if (r)
		return r;
	if (!info->sset_mask || !info->data[0] || info->data[0] > FEATURES_MAX)
		return -EOPNOTSUPP;
	*ret = info->data[0];
	return 0;
}

static int features_read(int fd, const char *ifname, struct features *ret)
{
	int r = read_count(fd, ifname, &ret->count);

	if (r)
		return r;
	ret->blocks = (ret->count + 31) / 32;
	ret->names = mem_zalloc(sizeof(*ret->names) + (size_t)ret->count * ETH_GSTRING_LEN);
	ret->names->cmd = ETHTOOL_GSTRINGS;
	ret->names->string_set = ETH_SS_FEATURES;
	ret->names->len = ret->count;
	ret->state =
		mem_zalloc(sizeof(*ret->state) + ret->blocks * sizeof(ret->state->features[0]));
	ret->state->cmd = ETHTOOL_GFEATURES;
	ret->state->size = ret->blocks;
	r = call(fd, ifname, ret->names);
	return r ? r : call(fd, ifname, ret->state);
}

static const struct {
	uint32_t bit;
	const char *name;
} offloads[] = {
#define X(symbol, bit, name) {NET_OFFLOAD_##symbol, name},
	NET_OFFLOADS(X)
#undef X
};

/* The kernel's number for a feature; @f->count when it has none of the name. */
static uint32_t feature_number(const struct features *f, const char *name)
{
	uint32_t i = 0;

	while (i < f->count && strncmp((const char *)f->names->data + (size_t)i * ETH_GSTRING_LEN,
				       name, ETH_GSTRING_LEN) != 0)
		i++;
	return i;
}

static int features_open(const char *ifname, int *ret_fd, struct features *ret, struct error *err)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -errno : features_read(fd, ifname, ret);

	if (r)
		return error_set(err, r, "%s: cannot read its offloads: %s", ifname, strerror(-r));
	*ret_fd = take_fd(fd);
	return 0;
}

int net_offloads(const char *ifname, uint32_t *ret_on, uint32_t *ret_fixed, struct error *err)
{
	__attribute__((cleanup(features_free))) struct features f = {};
	_cleanup_close_ int fd = -1;
	uint32_t on = 0, fixed = 0;
	int r = features_open(ifname, &fd, &f, err);

	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++) {
		uint32_t number = feature_number(&f, offloads[i].name), bit = 1u << number % 32;
		const struct ethtool_get_features_block *block = &f.state->features[number / 32];

		if (number == f.count || !(block->active & bit))
			continue;
		on |= offloads[i].bit;
		if (!(block->available & bit) || block->never_changed & bit)
			fixed |= offloads[i].bit;
	}
	*ret_on = on;
	if (ret_fixed)
		*ret_fixed = fixed;
	return 0;
}

int net_offloads_set(const char *ifname, uint32_t which, bool on, struct error *err)
{
	__attribute__((cleanup(features_free))) struct features f = {};
	_cleanup_free_ struct ethtool_sfeatures *set = NULL;
	_cleanup_close_ int fd = -1;
	int r = features_open(ifname, &fd, &f, err);

	if (r)
		return r;
	set = mem_zalloc(sizeof(*set) + f.blocks * sizeof(set->features[0]));
	set->cmd = ETHTOOL_SFEATURES;
	set->size = f.blocks;
	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++) {
		uint32_t number = feature_number(&f, offloads[i].name), bit = 1u << number % 32;

		if (number == f.count || !(which & offloads[i].bit))
			continue;
		set->features[number / 32].valid |= bit;
		if (on)
			set->features[number / 32].requested |= bit;
	}
	r = call(fd, ifname, set);
	return r ? error_set(err, r, "%s: cannot switch its offloads: %s", ifname, strerror(-r))
		 : 0;
}

const char *net_offload_name(uint32_t which)
{
	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++)
		if (which & offloads[i].bit)
			return offloads[i].name;
	return NULL;
}
