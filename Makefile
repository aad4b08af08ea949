# SPDX-License-Identifier: GPL-2.0-or-later
# Everything is built below build/; `make help` lists the targets, V=1 shows the commands.

VERSION := 0.1.0
B := build
export B
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)')

PREFIX ?= /usr/local
DESTDIR ?=
CC := gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PYTHON := /usr/bin/python3

PACKAGES := libbpf libelf libnl-3.0 libnl-route-3.0 libsystemd libmicrohttpd jansson libconfuse \
	    smartcols libcap-ng nettle libcurl

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wundef \
	    -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare
WERROR ?=
SANITIZE ?=
OPT ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -DSHUNT_VERSION='"$(VERSION)"' -Ictl -Iinclude -I$(B)/gen -I. \
	    -include base/banned.h
CFLAGS += -std=gnu11 $(OPT) $(WARNINGS) $(WERROR) $(SANITIZE) -fno-common -fstack-protector-strong \
	  -D_FORTIFY_SOURCE=2 -pthread
LDFLAGS += $(SANITIZE) -pthread -Wl,-z,relro,-z,now
BPF_CFLAGS = -target bpf -mcpu=v3 -O2 -g -fno-strict-aliasing $(WERROR) -Wall -Wextra -Wno-unused-parameter \
	      -Wno-missing-field-initializers -Wno-sign-compare -Iinclude -Ibpf \
	      -I/usr/include/$(shell $(CC) -print-multiarch)

# pkg-config is asked only once the packages are there
pkg_cflags = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
pkg_libs = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

ROOMS := base model plan dataplane check net config api daemon realserver
MAINS := shuntd shunt-checker shunt
LIB_SRC := $(filter-out ctl/daemon/main.c,$(foreach r,$(ROOMS),$(wildcard ctl/$(r)/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
LIB := $(B)/libshunt.a
SKEL := $(foreach o,shunt trace losses decap,$(B)/gen/$(o).skel.h)

shuntd_SRC := ctl/daemon/main.c
shunt-checker_SRC := $(wildcard ctl/checker/*.c)
shunt_SRC := $(wildcard ctl/cli/*.c)

UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
MAN := $(patsubst docs/man/%.scd,$(B)/man/%,$(wildcard docs/man/*.scd))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all test test-unit test-packet test-net test-long demo lab lab-down bench fuzz install uninstall \
	clean format check-format sparse help man

all: $(MAINS:%=$(B)/%) man ## build everything

# --- what the machine must have ---

SETUP := $(B)/.setup-build
SETUP_TEST := $(B)/.setup-test
$(B)/.setup-%: tools/setup
	$(Q)tools/setup $*
	$(Q)mkdir -p $(B) && touch $@
$(SETUP_TEST): | $(SETUP)

# --- the kernel's part ---

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(wildcard include/shunt/*.h) | $(SETUP)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@.tmp && llvm-strip -g $@.tmp 2>/dev/null; mv $@.tmp $@

# the same source, see there
$(B)/bpf/trace.bpf.o: bpf/shunt.bpf.c

.SECONDARY: $(SKEL:$(B)/gen/%.skel.h=$(B)/bpf/%.bpf.o)
$(B)/gen/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# --- user space: one library, thin mains ---

$(B)/ctl/%.o: ctl/%.c Makefile | $(SETUP)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(pkg_cflags) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/tests/%.o: tests/%.c Makefile | $(SETUP_TEST)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(pkg_cflags) $(CFLAGS) -MMD -MP -c $< -o $@

$(patsubst %.c,$(B)/%.o,$(wildcard ctl/dataplane/*.c)): $(SKEL)

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

define main_rule
$$(B)/$(1): $$(patsubst %.c,$$(B)/%.o,$$($(1)_SRC)) $$(LIB)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -Wl,--as-needed -o $$@ $$^ $$(pkg_libs)
endef
$(foreach m,$(MAINS),$(eval $(call main_rule,$(m))))

man: $(MAN)
$(B)/man/%: docs/man/%.scd | $(SETUP)
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scdoc < $< > $@.tmp && mv $@.tmp $@

# --- tests ---

.SECONDARY: $(UNIT:=.o)
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $(filter-out $(LIB),$^) $(LIB) -lcmocka $(pkg_libs)

test: all tests ## run the whole suite but test-long (needs root)
	$(Q)tests/run unit packet net
test-unit: $(UNIT) ## run the tests that need no root
	$(Q)tests/run unit
test-packet: all tests ## packets through the real program
	$(Q)tests/run packet
test-net: all tests ## namespaces and real servers; T=expression selects
	$(Q)tests/run net
test-long: all tests ## net tests, also those that the others have no time for
	$(Q)tests/run long
.PHONY: tests
tests: $(UNIT)

include $(wildcard tests/*/module.mk)

# --- to play with ---

demo: all $(SETUP_TEST) ## the main job in a lab of namespaces, in under 90 seconds
	$(Q)tools/demo
lab: all $(SETUP_TEST) ## the same lab, left up to play in
	$(Q)tools/lab up
lab-down: ## remove the lab
	$(Q)tools/lab down

# --- to keep it good ---

C_FILES = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')
format: | $(SETUP) ## format the C files
	$(Q)clang-format -i $(C_FILES)
check-format: | $(SETUP)
	$(Q)clang-format --dry-run --Werror $(C_FILES)
sparse: $(SKEL) | $(SETUP_TEST) ## look for byte-order mistakes
	$(Q)tools/sparse $(CPPFLAGS) $(pkg_cflags)

# --- to use it ---

install: all ## copy to DESTDIR and PREFIX
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/libexec/shunt \
		$(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/man/man5
	$(Q)install -m 0755 $(B)/shuntd $(B)/shunt $(DESTDIR)$(PREFIX)/sbin
	$(Q)install -m 0755 $(B)/shunt-checker $(DESTDIR)$(PREFIX)/libexec/shunt
	$(Q)install -m 0644 $(filter %.8,$(MAN)) $(DESTDIR)$(PREFIX)/share/man/man8
	$(Q)install -m 0644 $(filter %.5,$(MAN)) $(DESTDIR)$(PREFIX)/share/man/man5
uninstall: ## remove what install copied
	$(Q)rm -f $(addprefix $(DESTDIR)$(PREFIX)/,sbin/shuntd sbin/shunt libexec/shunt/shunt-checker) \
		$(patsubst $(B)/man/%.8,$(DESTDIR)$(PREFIX)/share/man/man8/%.8,$(filter %.8,$(MAN))) \
		$(patsubst $(B)/man/%.5,$(DESTDIR)$(PREFIX)/share/man/man5/%.5,$(filter %.5,$(MAN)))
	$(Q)rmdir $(DESTDIR)$(PREFIX)/libexec/shunt 2>/dev/null || true

clean: ## remove build/
	$(Q)rm -rf $(B)
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

-include $(patsubst %.o,%.d,$(wildcard $(B)/ctl/*/*.o $(B)/tests/*/*.o))
