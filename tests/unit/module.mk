# SPDX-License-Identifier: GPL-2.0-or-later
# What single unit tests need beyond the library.

# parts of the checker's own main
$(B)/tests/unit/test_engine: $(B)/ctl/checker/engine.o
$(B)/tests/unit/test_channel: $(B)/ctl/checker/channel.o

# the program itself
$(B)/tests/unit/test_checker_link: | $(B)/shunt-checker

# the commands, without their main
CLI_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out ctl/cli/main.c,$(wildcard ctl/cli/*.c)))
$(filter $(B)/tests/unit/test_cli_%,$(UNIT)): $(CLI_OBJ)
