// SPDX-License-Identifier: GPL-2.0
/* Estimate of how long answers take. Pure. */

#include <linux/kernel.h>
#include <pprc/rtt.h>

static unsigned int class_of(u32 bytes)
{
	unsigned int c = 0;
	u32 limit = 4096;

	while (c < PPRC_RTT_CLASSES - 1 && bytes > limit) {
		limit *= 4;
		c++;
	}
	return c;
}

/**
 * pprc_rtt_sample() - a command was answered
 * @r:		estimates of its session
 * @bytes:	data bytes it carried
 * @us:		from its first frame to its answer, microseconds
 *
 * RFC 6298 2.2 and 2.3 with alpha 1/8 and beta 1/4.
 */
void pprc_rtt_sample(struct pprc_rtts *r, u32 bytes, u64 us)
{
	struct pprc_rtt *e = &r->class[class_of(bytes)];
	u32 t = clamp_t(u64, us, 1, 60000000), delta;

	if (!e->srtt_us) {
		e->srtt_us = t;
		e->var_us = t / 2;
		return;
	}
	delta = t > e->srtt_us ? t - e->srtt_us : e->srtt_us - t;
	e->var_us = (u32)((3ull * e->var_us + delta) / 4);
	e->srtt_us = max(1u, (u32)((7ull * e->srtt_us + t) / 8));
}

/* RFC 6298 2.2: the granularity of the clock stands below the deviation. */
static u64 expected_us(const struct pprc_rtt *e)
{
	return (u64)e->srtt_us + max(PPRC_RTO_SLACK_US, 4 * e->var_us);
}

/*
 * The class's own estimate; else that of the next smaller class that has one,
 * four times as long for each step between; else that of the next larger one.
 */
static u64 base_us(const struct pprc_rtts *r, unsigned int class)
{
	unsigned int c;
	int i;

	for (i = class; i >= 0; i--)
		if (r->class[i].srtt_us)
			return expected_us(&r->class[i]) << (2 * (class - i));
	for (c = class + 1; c < PPRC_RTT_CLASSES; c++)
		if (r->class[c].srtt_us)
			return expected_us(&r->class[c]);
	return PPRC_RTO_FIRST_US;
}

/**
 * pprc_rtt_timeout_us() - when to ask for an answer
 * @r:		estimates of the session
 * @bytes:	data bytes of the command
 * @tries:	how often it has been asked for in vain; each doubles the time
 *
 * Return: microseconds, from PPRC_RTO_MIN_US to PPRC_RTO_MAX_US.
 */
u32 pprc_rtt_timeout_us(const struct pprc_rtts *r, u32 bytes,
			unsigned int tries)
{
	u64 us = base_us(r, class_of(bytes));

	us = clamp_t(u64, us, PPRC_RTO_MIN_US, PPRC_RTO_MAX_US);
	/* Ten doublings lead from the lower bound beyond the upper one. */
	return min_t(u64, us << min(tries, 10u), PPRC_RTO_MAX_US);
}

/**
 * pprc_gap_next_us() - how long to wait for overtaken frames next time
 * @us:		how long it was
 * @least_us:	lower bound
 * @early:	a frame that was called lost has come after all
 *
 * Doubled by a mistake, and an eighth less with each loss that was one: the
 * answer that names what is missing costs only frames sent twice when it is
 * wrong, and a round trip when it is late.
 *
 * Return: microseconds, from @least_us to PPRC_GAP_MAX_US if that is more.
 */
u32 pprc_gap_next_us(u32 us, u32 least_us, bool early)
{
	us = min(us, PPRC_GAP_MAX_US);
	us = early ? 2 * us : us - us / 8;
	return max(min(us, PPRC_GAP_MAX_US), least_us);
}
