/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privileges.c - see privileges.h */
#include "daemon/privileges.h"

#include <cap-ng.h>
#include <ctype.h>
#include <errno.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "base/cleanup.h"

/* uid 0 brings nothing, ambient capabilities cannot be raised, and none of it can be undone.
 * SECBIT_NO_SETUID_FIXUP stays off: leaving uid 0 is to clear the capabilities. */
#define SECUREBITS                                                                                 \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |                      \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED |                            \
	 SECBIT_NO_SETUID_FIXUP_LOCKED)

static int missing(int capability, struct error *err)
{
	char name[32];

	snprintf(name, sizeof(name), "%s", capng_capability_to_name(capability));
	for (char *c = name; *c; c++)
		*c = toupper((unsigned char)*c); /* libcap-ng has them in lower case */
	return error_set(err, -EPERM,
			 "the capability CAP_%s is missing: expected to be started as root", name);
}

static int verify_all(const int *capabilities, size_t count, struct error *err)
{
	if (capng_get_caps_process() < 0)
		return error_set(err, -EPERM, "cannot read the process's capabilities");
	for (size_t i = 0; i < count; i++)
		if (!capng_have_capability(CAPNG_PERMITTED, capabilities[i]))
			return missing(capabilities[i], err);
	return 0;
}

static int apply(const int *capabilities, size_t count, bool bounding)
{
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < count; i++)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capabilities[i]);
	return capng_apply(bounding ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
}

int privileges_keep(const int *capabilities, size_t count, struct error *err)
{
	bool setpcap;
	int r = verify_all(capabilities, count, err);

	if (r < 0)
		return r;
	setpcap = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, -errno, "cannot give up new privileges: %s", strerror(errno));
	if (setpcap && prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) < 0)
		return error_set(err, -errno, "cannot set the securebits: %s", strerror(errno));
	r = apply(capabilities, count, setpcap);
	if (r < 0)
		return error_set(err, -EPERM, "cannot give up capabilities (libcap-ng: %d)", r);
	return 0;
}

int privileges_drop(const char **ret_warning, struct error *err)
{
	static const int wanted[] = {CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON};
	size_t count = ARRAY_SIZE(wanted);
	bool perfmon;
	int r;

	if (capng_get_caps_process() < 0)
		return error_set(err, -EPERM, "cannot read the process's capabilities");
	perfmon = capng_have_capability(CAPNG_PERMITTED, CAP_PERFMON);
	r = privileges_keep(wanted, perfmon ? count : count - 1, err);
	if (r < 0)
		return r;
	*ret_warning = perfmon ? NULL
			       : "the capability CAP_PERFMON is missing: each packet costs two to "
				 "three times more";
	return 0;
}
