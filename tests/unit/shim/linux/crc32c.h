/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel header of this name. */
#ifndef SHIM_LINUX_CRC32C_H
#define SHIM_LINUX_CRC32C_H

#include <linux/types.h>

/*
 * As the kernel's: the seed goes in and the remainder comes out as they are,
 * nothing is inverted.
 */
static inline u32 crc32c(u32 crc, const void *data, unsigned int len)
{
	static u32 table[256];
	const u8 *p = data;

	if (!table[1]) {
		for (unsigned int i = 0; i < 256; i++) {
			u32 c = i;

			for (int bit = 0; bit < 8; bit++)
				c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0);
			table[i] = c;
		}
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return crc;
}

#endif
