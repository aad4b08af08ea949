# SPDX-License-Identifier: GPL-2.0-or-later
# What the lab of namespaces needs from the compiler.

NET_BPF := $(patsubst %.c,$(B)/%.o,$(wildcard tests/net/*.bpf.c))
$(NET_BPF): $(B)/%.o: %.c | $(SETUP)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

tests demo lab: $(NET_BPF)
