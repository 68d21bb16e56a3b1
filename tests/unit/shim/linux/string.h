/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel header of this name. */
#ifndef SHIM_LINUX_STRING_H
#define SHIM_LINUX_STRING_H

#include <string.h>

#endif
