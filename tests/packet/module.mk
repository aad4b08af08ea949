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
