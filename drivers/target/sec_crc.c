// SPDX-License-Identifier: GPL-2.0
/*
 * FC CRC of received data frames. The kernel's crc32() is a table lookup up to
 * 6.13; the crypto API has one with carry-less multiplication, which takes a
 * tenth of the time. Where there is none, crc32() serves.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/hash.h>
#include <linux/crc32.h>
#include <linux/module.h>
#include "sec.h"

static struct crypto_shash *tfm;

/**
 * sec_crc() - FC CRC of a frame (FC-FS-3 11.4.2: that of FDDI)
 * @data:	frame header and payload
 * @len:	length in bytes
 *
 * Context: any but hard interrupt.
 * Return: the CRC as fr_crc() has it.
 */
u32 sec_crc(const u8 *data, unsigned int len)
{
	__le32 crc = 0;

	if (tfm) {
		SHASH_DESC_ON_STACK(desc, tfm);

		desc->tfm = tfm;
		if (!crypto_shash_digest(desc, data, len, (u8 *)&crc))
			return ~le32_to_cpu(crc);
	}
	return ~crc32(~0, data, len);
}

/**
 * sec_crc_init() - find the fastest way
 *
 * Context: process, sleeps.
 */
void sec_crc_init(void)
{
	const __le32 seed = cpu_to_le32(~0);

	if (!PPRC_CRYPTO_CRC32)
		return;
	tfm = crypto_alloc_shash("crc32", 0, 0);
	if (IS_ERR(tfm)) {
		tfm = NULL;
		return;
	}
	if (crypto_shash_setkey(tfm, (const u8 *)&seed, sizeof(seed)))
		sec_crc_exit();
}

/**
 * sec_crc_exit() - undo sec_crc_init()
 *
 * Context: process. No frame is received any more.
 */
void sec_crc_exit(void)
{
	crypto_free_shash(tfm);
	tfm = NULL;
}
