# SPDX-License-Identifier: GPL-2.0-or-later
# Packets through the real program: each test_*.c is a program, the rest is what they share.

PACKET := $(patsubst tests/packet/%.c,$(B)/tests/packet/%,$(wildcard tests/packet/test_*.c))
PACKET_SHARED := $(patsubst %.c,$(B)/%.o,$(filter-out $(wildcard tests/packet/test_*.c),\
		 $(wildcard tests/packet/*.c)))

$(B)/tests/packet/%: $(B)/tests/packet/%.o $(PACKET_SHARED) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(pkg_libs)

.SECONDARY: $(PACKET_SHARED) $(PACKET:=.o)
tests: $(PACKET)

# the fuzzers with more frames, other ones each time: SEED=number draws the same again
FUZZ_PACKETS ?= 5000000
.PHONY: fuzz-packets
fuzz-packets: $(B)/tests/packet/test_fuzz $(B)/tests/packet/test_decap_fuzz \
	      $(B)/tests/packet/test_fullnat_fuzz
	$(Q)export SEED=$${SEED:-$$(date +%s)} FUZZ_PACKETS=$(FUZZ_PACKETS); \
		for fuzzer in $^; do $$fuzzer || exit; done
fuzz: fuzz-packets
