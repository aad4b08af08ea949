# SPDX-License-Identifier: GPL-2.0-or-later
# `make bench`: nanoseconds a packet.

BENCH := $(B)/tests/bench/bench

$(B)/tests/bench/bench.bpf.o: tests/bench/bench.bpf.c tests/bench/bench.h | $(SETUP)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/gen/bench.skel.h: $(B)/tests/bench/bench.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name bench_bpf > $@.tmp && mv $@.tmp $@

$(BENCH).o: $(B)/gen/bench.skel.h
$(BENCH).o: CPPFLAGS += -Itests/bench

$(BENCH): $(BENCH).o $(B)/tests/packet/world.o $(B)/tests/packet/frame.o \
		$(B)/tests/packet/layers.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(pkg_libs)

bench: $(BENCH) ## nanoseconds a packet, to build/bench.json (needs root)
	$(Q)$(BENCH) $(B)/bench.json
