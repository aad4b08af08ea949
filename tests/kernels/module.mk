# SPDX-License-Identifier: GPL-2.0-or-later
# `make test-kernels`: the same tests under the kernels that Debian has, in qemu.

K ?= 6.1 6.12
export K

.PHONY: test-kernels
test-kernels: all tests $(B)/.setup-kernels ## packet and smoke tests under Linux 6.1 and 6.12 in qemu; K=6.1 selects
	$(Q)for version in $(K); do tests/kernels/prepare $(B)/kernels $$version || exit; done
	$(Q)tests/run packet/test_verifier kernels
