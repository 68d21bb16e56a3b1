/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long an answer may take before it is asked for. Estimated from the
 * commands that were answered, as RFC 6298 does it for TCP: a smoothed time
 * and its mean deviation. A write of a megabyte takes many times as long as
 * one of four kilobytes, so there is an estimate for each class of sizes.
 *
 * Each repetition has an exchange of its own, so it is always known which one
 * was answered: no sample need be left out for ambiguity.
 *
 * And how long the secondary waits for frames that others have overtaken before
 * it calls them lost. That is learnt from its own mistakes: networks that keep
 * frames in order need next to nothing.
 *
 * Pure; the caller brings the clock and serialises all calls for one set.
 */
#ifndef _PPRC_RTT_H
#define _PPRC_RTT_H

#include <linux/types.h>

/* up to 4 KiB, 16 KiB, 64 KiB, 256 KiB, 1 MiB, and more */
#define PPRC_RTT_CLASSES	6

/* Bounds of a timeout and the one before anything is known, microseconds. */
#define PPRC_RTO_SLACK_US	4000u	/* least allowance for deviation */
#define PPRC_RTO_MIN_US		PPRC_RTO_SLACK_US
#define PPRC_RTO_MAX_US		1000000u
#define PPRC_RTO_FIRST_US	200000u

/* Most that is waited for overtaken frames, microseconds. */
#define PPRC_GAP_MAX_US		50000u

/**
 * struct pprc_rtt - estimate for one class of sizes
 * @srtt_us:	smoothed time from command to answer, 0 before the first sample
 * @var_us:	smoothed mean deviation of it
 */
struct pprc_rtt {
	u32	srtt_us;
	u32	var_us;
};

/**
 * struct pprc_rtts - all classes of a session
 * @class:	by size
 */
struct pprc_rtts {
	struct pprc_rtt	class[PPRC_RTT_CLASSES];
};

void pprc_rtt_sample(struct pprc_rtts *r, u32 bytes, u64 us);
u32 pprc_rtt_timeout_us(const struct pprc_rtts *r, u32 bytes,
			unsigned int tries);
u32 pprc_gap_next_us(u32 us, u32 least_us, bool early);

#endif
