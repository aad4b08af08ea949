# SPDX-License-Identifier: GPL-2.0-or-later
# libFuzzer with the address and undefined-behaviour sanitizers: fuzz_NAME.c is fed from
# corpus/NAME, with the words of NAME.dict. What it finds lies in build/fuzz.

FUZZ_SECONDS ?= 30
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_ROOMS := base model config
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(foreach r,$(FUZZ_ROOMS),$(wildcard ctl/$(r)/*.c)))
# the API over the unit tests' director
FUZZ_API_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(wildcard ctl/api/*.c) ctl/daemon/events.c)
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

$(B)/fuzz/%.o: %.c Makefile tests/fuzz/module.mk | $(SETUP_TEST)
	$(call say,FUZZ-CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(pkg_cflags) $(CFLAGS) -O1 -fsanitize=fuzzer-no-link \
		$(FUZZ_SANITIZE) -MMD -MP -c $< -o $@

$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(LDFLAGS) -fsanitize=fuzzer $(FUZZ_SANITIZE) -Wl,--as-needed -o $@ $^ $(pkg_libs)

$(B)/fuzz/fuzz_api: $(FUZZ_API_OBJ)
$(B)/fuzz/tests/fuzz/fuzz_api.o: CPPFLAGS += -Itests

.PHONY: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(B)/fuzz/fuzz_%
	$(Q)mkdir -p $(B)/fuzz/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 -print_final_stats=1 \
		-verbosity=0 $(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) -artifact_prefix=$(B)/fuzz/$*- \
		$(B)/fuzz/corpus/$* tests/fuzz/corpus/$*

fuzz: $(FUZZERS:%=fuzz-%) ## feed the parsers anything, FUZZ_SECONDS=30 each

.SECONDARY: $(FUZZ_OBJ) $(FUZZ_API_OBJ) $(FUZZERS:%=$(B)/fuzz/tests/fuzz/fuzz_%.o)
-include $(patsubst %.o,%.d,$(FUZZ_OBJ) $(FUZZ_API_OBJ) $(wildcard $(B)/fuzz/tests/fuzz/*.o))
