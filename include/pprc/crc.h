/* SPDX-License-Identifier: GPL-2.0 */
/* CRC-32C as PPRC uses it: seed all ones, result inverted (RFC 3720 12.1). */
#ifndef _PPRC_CRC_H
#define _PPRC_CRC_H

#include <linux/crc32c.h>
#include <linux/types.h>

#define PPRC_CRC_SEED	0xffffffffu

static inline u32 pprc_crc_add(u32 crc, const void *data, unsigned int len)
{
	return crc32c(crc, data, len);
}

static inline u32 pprc_crc_end(u32 crc)
{
	return ~crc;
}

static inline u32 pprc_crc(const void *data, unsigned int len)
{
	return pprc_crc_end(pprc_crc_add(PPRC_CRC_SEED, data, len));
}

#endif
