// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.bpf.c - the program once more, from the same source, and this one notes what it decides
 * (trace.h). Loaded for `shunt explain` and while a `shunt capture` runs.
 */
#define TRACE
#include "shunt.bpf.c"
