# SPDX-License-Identifier: GPL-2.0-or-later
# What the lab of namespaces needs from the compiler.

PASS := $(B)/tests/net/pass.bpf.o
$(PASS): tests/net/pass.bpf.c | $(SETUP)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

tests demo lab: $(PASS)
