/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * channel.h - the checker's end of the socket to shuntd (check/protocol.h). What the socket does
 * not take waits, the latest result of each check, and goes out when shuntd reads again.
 */
#ifndef CHECKER_CHANNEL_H
#define CHECKER_CHANNEL_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "check/protocol.h"

#define CHANNEL_WAITING_MAX 200000 /* results; what is beyond is lost until the check's next */

struct channel;

/* A message from shuntd, of the right size for its type: PROTOCOL_CHECK or PROTOCOL_FORGET. */
typedef void channel_receive_fn(const union protocol_message *message, void *arg);

/*
 * Talk over @fd (taken over on success). When shuntd closes its end the loop exits with 0, when it
 * sends what is no message with -EPROTO.
 */
int channel_open(sd_event *loop, int fd, channel_receive_fn *receive, void *arg,
		 struct channel **ret);
struct channel *channel_close(struct channel *channel); /* takes NULL, returns NULL */
DEFINE_CLEANUP(struct channel *, channel_close)

void channel_send(struct channel *channel, const struct protocol_result *result);
size_t channel_waiting(const struct channel *channel); /* results that the socket did not take */

#endif
