/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - see options.h */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>

#include "base/cleanup.h"

enum { OPTION_RUNTIME_DIR = 256, OPTION_STATE_DIR, OPTION_PIN_DIR, OPTION_STOP_FORWARDING };

/* One table for parsing and for --help. */
static const struct described_option {
	struct option option;
	const char *arg, *help;
} described[] = {
	{{"config", required_argument, NULL, 'c'}, "FILE", "default /etc/shunt/shunt.conf"},
	{{"test", no_argument, NULL, 't'}, "", "test the config file and touch nothing"},
	{{"runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR},
	 "DIR",
	 "socket and lock; default /run/shunt"},
	{{"state-dir", required_argument, NULL, OPTION_STATE_DIR},
	 "DIR",
	 "changes made by command; default /var/lib/shunt"},
	{{"pin-dir", required_argument, NULL, OPTION_PIN_DIR},
	 "DIR",
	 "program and maps, on a bpffs; default /sys/fs/bpf/shunt"},
	{{"stop-forwarding", no_argument, NULL, OPTION_STOP_FORWARDING},
	 "",
	 "withdraw, detach and unpin everything, then end"},
	{{"help", no_argument, NULL, 'h'}, "", "this text"},
	{{"version", no_argument, NULL, 'V'}, "", "the version"},
};

void options_help(FILE *to)
{
	fprintf(to,
		"usage: shuntd [-c FILE] [--runtime-dir DIR] [--state-dir DIR] [--pin-dir DIR]\n"
		"       shuntd -t [-c FILE]\n"
		"       shuntd --stop-forwarding [--runtime-dir DIR] [--pin-dir DIR]\n"
		"The daemon of Shunt, an XDP layer-4 load balancer. When it stops, packets are\n"
		"forwarded as before; only --stop-forwarding ends that.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(described); i++) {
		const struct described_option *d = &described[i];
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", d->option.name, d->arg);
		fprintf(to, "  %c%c%c %-22s %s\n", d->option.val < 256 ? '-' : ' ',
			d->option.val < 256 ? d->option.val : ' ', d->option.val < 256 ? ',' : ' ',
			left, d->help);
	}
	fprintf(to, "\nexample: shuntd -c shunt.conf; more in shuntd(8) and shunt.conf(5)\n");
}

/* --help and --version go before all; of the others there may be one. */
static int set_mode(enum options_mode mode, struct options *ret)
{
	enum options_mode old = ret->mode;

	if (old == OPTIONS_HELP || old == OPTIONS_VERSION)
		return 0;
	ret->mode = mode;
	if (old == OPTIONS_RUN || old == mode || mode == OPTIONS_HELP || mode == OPTIONS_VERSION)
		return 0;
	fprintf(stderr, "shuntd: --test and --stop-forwarding do not go together; expected one\n");
	return -EINVAL;
}

static int take_option(int value, struct options *ret)
{
	switch (value) {
	case 'c':
		ret->config = optarg;
		break;
	case 't':
		return set_mode(OPTIONS_TEST, ret);
	case OPTION_RUNTIME_DIR:
		ret->runtime_dir = optarg;
		break;
	case OPTION_STATE_DIR:
		ret->state_dir = optarg;
		break;
	case OPTION_PIN_DIR:
		ret->pin_dir = optarg;
		break;
	case OPTION_STOP_FORWARDING:
		return set_mode(OPTIONS_STOP_FORWARDING, ret);
	case 'h':
		return set_mode(OPTIONS_HELP, ret);
	case 'V':
		return set_mode(OPTIONS_VERSION, ret);
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret)
{
	struct option table[ARRAY_SIZE(described) + 1] = {};
	int value;

	*ret = (struct options){
		.config = "/etc/shunt/shunt.conf",
		.runtime_dir = "/run/shunt",
		.state_dir = "/var/lib/shunt",
		.pin_dir = "/sys/fs/bpf/shunt",
	};
	for (size_t i = 0; i < ARRAY_SIZE(described); i++)
		table[i] = described[i].option;
	while ((value = getopt_long(argc, argv, "c:thV", table, NULL)) != -1) {
		if (value == '?')
			return -EINVAL; /* getopt has said why */
		if (take_option(value, ret))
			return -EINVAL;
	}
	if (optind < argc) {
		fprintf(stderr, "shuntd: unexpected argument '%s'; see shuntd --help\n",
			argv[optind]);
		return -EINVAL;
	}
	return 0;
}
