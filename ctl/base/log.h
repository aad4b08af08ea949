/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line to stderr for each thing an operator should know, with the priority prefix
 * ("<4>") that systemd reads when stderr is the journal, and without it on a terminal or a file.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <syslog.h>

/* @priority is LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG. */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)

#endif
