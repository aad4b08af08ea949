// SPDX-License-Identifier: GPL-2.0-or-later
/* pass.bpf.c - a program that passes everything. The lab puts it on the veth peer of the director's
 * interface: veth delivers XDP_TX frames only to a peer that has a native program itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
