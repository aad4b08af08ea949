/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cleanup.h - free, close and so on at the end of a scope; `goto` is left for rolling back. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* DEFINE_CLEANUP(struct x *, x_free) gives _cleanup_(x_free); x_free must take NULL. */
#define _cleanup_(function) __attribute__((cleanup(function##_cleanup)))
#define DEFINE_CLEANUP(type, function)                                                             \
	static inline void function##_cleanup(type *p)                                             \
	{                                                                                          \
		function(*p);                                                                      \
	}

static inline void free_cleanup(void *p)
{
	free(*(void **)p);
}
#define _cleanup_free_ __attribute__((cleanup(free_cleanup)))

static inline void close_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_close_ __attribute__((cleanup(close_cleanup)))

static inline void fclose_cleanup(FILE **f)
{
	if (*f)
		fclose(*f);
}
#define _cleanup_fclose_ __attribute__((cleanup(fclose_cleanup)))

/* Hand an owned pointer (or descriptor) on; the scope no longer frees it. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken = (p);                                                         \
		(p) = NULL;                                                                        \
		taken;                                                                             \
	})
#define take_fd(fd)                                                                                \
	({                                                                                         \
		int taken = (fd);                                                                  \
		(fd) = -1;                                                                         \
		taken;                                                                             \
	})

#endif
