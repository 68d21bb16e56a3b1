/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel header of this name. */
#ifndef SHIM_LINUX_BUILD_BUG_H
#define SHIM_LINUX_BUILD_BUG_H

#include <assert.h>

/* The message is optional in the kernel, but not in C11. */
#undef static_assert
#define static_assert(expr, ...) static_assert_(expr, ##__VA_ARGS__, #expr)
#define static_assert_(expr, msg, ...) _Static_assert(expr, msg)

#endif
