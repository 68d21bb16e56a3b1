/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel header of this name. */
#ifndef SHIM_LINUX_BITOPS_H
#define SHIM_LINUX_BITOPS_H

#include <linux/types.h>

/* Number of the lowest bit that is set; 0 has none, as in the kernel. */
static inline unsigned int __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

/* Number of the highest bit that is set, counted from 1; 0 for none. */
static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#endif
