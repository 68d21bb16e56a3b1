/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host stand-in for the kernel header of this name. The C library's errno.h
 * includes it too, so it cannot include that one.
 */
#ifndef SHIM_LINUX_ERRNO_H
#define SHIM_LINUX_ERRNO_H

#include <asm/errno.h>

#endif
