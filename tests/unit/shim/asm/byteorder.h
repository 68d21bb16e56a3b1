/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel header of this name. */
#ifndef SHIM_ASM_BYTEORDER_H
#define SHIM_ASM_BYTEORDER_H

#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SHIM_BE(bits, x)	__builtin_bswap##bits(x)
#else
#define SHIM_BE(bits, x)	(x)
#endif

static inline __be16 cpu_to_be16(u16 x)
{
	return SHIM_BE(16, x);
}

static inline __be32 cpu_to_be32(u32 x)
{
	return SHIM_BE(32, x);
}

static inline __be64 cpu_to_be64(u64 x)
{
	return SHIM_BE(64, x);
}

static inline u16 be16_to_cpu(__be16 x)
{
	return SHIM_BE(16, x);
}

static inline u32 be32_to_cpu(__be32 x)
{
	return SHIM_BE(32, x);
}

static inline u64 be64_to_cpu(__be64 x)
{
	return SHIM_BE(64, x);
}

#endif
