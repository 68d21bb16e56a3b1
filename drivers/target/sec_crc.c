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
#include <linux/skbuff.h>
#include "sec.h"

static struct crypto_shash *tfm;

/* There is more than one if memory was too short to join them. */
static u32 crc_of_pieces(struct sk_buff *skb)
{
	struct skb_seq_state state;
	unsigned int done = 0, n;
	const u8 *data;
	u32 crc = ~0;

	skb_prepare_seq_read(skb, 0, skb->len, &state);
	while ((n = skb_seq_read(done, &data, &state)) != 0) {
		crc = crc32(crc, data, n);
		done += n;
	}
	return ~crc;
}

/**
 * sec_crc() - FC CRC of a frame (FC-FS-3 11.4.2: that of FDDI)
 * @skb:	frame header and payload, in any number of pieces
 *
 * Context: any but hard interrupt.
 * Return: the CRC as fr_crc() has it.
 */
u32 sec_crc(struct sk_buff *skb)
{
	__le32 crc = 0;

	if (tfm && !skb_is_nonlinear(skb)) {
		SHASH_DESC_ON_STACK(desc, tfm);

		desc->tfm = tfm;
		if (!crypto_shash_digest(desc, skb->data, skb->len, (u8 *)&crc))
			return ~le32_to_cpu(crc);
	}
	return crc_of_pieces(skb);
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
