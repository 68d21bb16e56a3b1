// SPDX-License-Identifier: GPL-2.0
/* How long an answer may take: drivers/core/rtt.c. The clock is a number. */

#include "unit.h"
#include <pprc/rtt.h>

#define CLASSES		6
#define LEAST		4000u		/* microseconds, as all times here */
#define MOST		1000000u
#define FIRST		200000u
#define TICK		4000u		/* least deviation that is added */
#define LONGEST		60000000u	/* longer samples count as this long */

/* The largest command of each class; the last one has no end. */
static const u32 class_end[CLASSES] = {
	4096, 16384, 65536, 262144, 1048576, 0xffffffff,
};

static struct pprc_rtts r;

static void begin(void)
{
	memset(&r, 0, sizeof(r));
}

static void samples(u32 bytes, u64 us, unsigned int n)
{
	while (n--)
		pprc_rtt_sample(&r, bytes, us);
}

static u32 bounded(double us)
{
	return us < LEAST ? LEAST : us > MOST ? MOST : us;
}

#define assert_near(value, want, off) do {				\
	double value_ = (value), want_ = (want), off_ = (off);		\
									\
	if (value_ < want_ - off_ || value_ > want_ + off_)		\
		fail_msg("%s: %f instead of %f", #value, value_, want_);	\
} while (0)

static void constants(void **unused)
{
	(void)unused;
	assert_int_equal(PPRC_RTT_CLASSES, CLASSES);
	assert_int_equal(PPRC_RTO_MIN_US, LEAST);
	assert_int_equal(PPRC_RTO_MAX_US, MOST);
	assert_int_equal(PPRC_RTO_FIRST_US, FIRST);
}

static void before_any_sample(void **unused)
{
	(void)unused;
	begin();
	for (unsigned int c = 0; c < CLASSES; c++) {
		assert_int_equal(pprc_rtt_timeout_us(&r, class_end[c], 0),
				 FIRST);
		assert_int_equal(pprc_rtt_timeout_us(&r, class_end[c], 1),
				 2 * FIRST);
		assert_int_equal(pprc_rtt_timeout_us(&r, class_end[c], 3),
				 MOST);
	}
	assert_int_equal(pprc_rtt_timeout_us(&r, 0, 0), FIRST);
}

/* RFC 6298 2.2: the first one, and half of it as its deviation. */
static void first_sample(void **unused)
{
	static const u32 times[] = { 1, 2, 1500, 20000, 123457, 300000 };

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		begin();
		samples(4096, times[i], 1);
		assert_int_equal(r.class[0].srtt_us, times[i]);
		assert_int_equal(r.class[0].var_us, times[i] / 2);
		assert_int_equal(pprc_rtt_timeout_us(&r, 4096, 0),
				 bounded(times[i] +
					 max(TICK, times[i] / 2 * 4)));
	}
}

/* RFC 6298 2.3: the deviation is taken from the old smoothed time. */
static void second_sample(void **unused)
{
	(void)unused;
	begin();
	samples(4096, 8000, 1);
	samples(4096, 16000, 1);
	assert_int_equal(r.class[0].srtt_us, 9000);
	assert_int_equal(r.class[0].var_us, (3 * 4000 + 8000) / 4);
	samples(4096, 1000, 1);
	assert_int_equal(r.class[0].srtt_us, 8000);
	assert_int_equal(r.class[0].var_us, (3 * 5000 + 8000) / 4);
	assert_int_equal(pprc_rtt_timeout_us(&r, 1, 0), 8000 + 4 * 5750);
}

static void classes_of_sizes(void **unused)
{
	(void)unused;
	for (unsigned int c = 0; c < CLASSES; c++)
		for (int by = -1; by <= 1; by++) {
			u32 bytes = class_end[c] + by;
			unsigned int want = c + (by > 0 && c < CLASSES - 1);

			if (c == CLASSES - 1 && by > 0)
				want = 0;	/* wrapped: no byte at all */
			begin();
			samples(bytes, 5000, 1);
			for (unsigned int k = 0; k < CLASSES; k++)
				assert_int_equal(r.class[k].srtt_us,
						 k == want ? 5000 : 0);
		}
}

/* Answers that always take the same: no deviation remains. */
static void converges(void **unused)
{
	static const u32 times[] = { 10, 1000, 3000, 50000, 400000 };

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		begin();
		samples(4096, 700000, 3);
		samples(4096, times[i], 200);
		assert_near(r.class[0].srtt_us, times[i], 8);
		assert_near(r.class[0].var_us, 0, 8);
		assert_near(pprc_rtt_timeout_us(&r, 4096, 0),
			    bounded(times[i] + TICK), 8);
	}
}

/* To and fro by 4000: the deviation becomes that, and four times that is added. */
static void deviation(void **unused)
{
	(void)unused;
	begin();
	for (unsigned int i = 0; i < 400; i++)
		samples(4096, i % 2 ? 24000 : 16000, 1);
	assert_near(r.class[0].srtt_us, 20000, 1000);
	assert_near(r.class[0].var_us, 4000, 600);
	assert_near(pprc_rtt_timeout_us(&r, 4096, 0), 36000, 3000);
}

/* A path that has become longer: at once more is added, later less again. */
static void step_up(void **unused)
{
	u32 before, after, last;

	(void)unused;
	begin();
	samples(4096, 10000, 200);
	before = pprc_rtt_timeout_us(&r, 4096, 0);
	assert_near(before, 14000, 10);
	samples(4096, 30000, 1);
	after = pprc_rtt_timeout_us(&r, 4096, 0);
	assert_near(after, 12500 + 4 * 5000, 20);
	assert_true(after > 30000);
	/* It does not fall below what the path takes now. */
	for (unsigned int i = 0; i < 200; i++) {
		samples(4096, 30000, 1);
		last = pprc_rtt_timeout_us(&r, 4096, 0);
		assert_true(last > 30000);
	}
	assert_near(last, 34000, 10);
}

static void step_down(void **unused)
{
	u32 last = 0, us;

	(void)unused;
	begin();
	samples(4096, 300000, 100);
	samples(4096, 10000, 1);
	/* One quick answer makes no one impatient. */
	assert_true(pprc_rtt_timeout_us(&r, 4096, 0) > 300000);
	for (unsigned int i = 0; i < 200; i++) {
		samples(4096, 10000, 1);
		us = pprc_rtt_timeout_us(&r, 4096, 0);
		if (i > 10)
			assert_true(us <= last);
		last = us;
	}
	assert_near(last, 14000, 10);
}

/* One class knows: what do the others say? */
static void neighbours(void **unused)
{
	(void)unused;
	for (unsigned int known = 0; known < CLASSES; known++) {
		begin();
		samples(class_end[known], 4000, 300);
		for (unsigned int c = 0; c < CLASSES; c++) {
			double want = 8000;

			for (unsigned int k = known; k < c; k++)
				want *= 4;
			assert_int_equal(pprc_rtt_timeout_us(&r, class_end[c],
							     0),
					 bounded(want));
			/* Asking tells nothing. */
			assert_int_equal(r.class[c].srtt_us,
					 c == known ? 4000 : 0);
		}
	}
}

/* The next smaller one that knows, else the next larger one. */
static void nearest_neighbour(void **unused)
{
	(void)unused;
	begin();
	samples(class_end[1], 10000, 300);
	samples(class_end[4], 90000, 300);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[0], 0), 14000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[1], 0), 14000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[2], 0), 56000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[3], 0), 224000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[4], 0), 94000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[5], 0), 376000);
	samples(class_end[3], 40000, 300);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[0], 0), 14000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[2], 0), 56000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[3], 0), 44000);
	assert_int_equal(pprc_rtt_timeout_us(&r, class_end[4], 0), 94000);
}

/* Nothing but time is taken from a neighbour: it is bounded like its own. */
static void same_floor_for_all(void **unused)
{
	(void)unused;
	for (unsigned int known = 0; known < CLASSES; known++) {
		begin();
		samples(class_end[known], 1500, 300);
		assert_int_equal(pprc_rtt_timeout_us(&r, class_end[known], 0),
				 5500);
		assert_int_equal(pprc_rtt_timeout_us(&r, class_end[0], 0),
				 5500);
	}
}

static void bounds(void **unused)
{
	(void)unused;
	for (unsigned int c = 0; c < CLASSES; c++) {
		begin();
		samples(class_end[c], 0, 50);
		assert_near(pprc_rtt_timeout_us(&r, class_end[c], 0), LEAST, 1);
		samples(class_end[c], 999000, 100);
		assert_true(pprc_rtt_timeout_us(&r, class_end[c], 0) >= 999000);
		samples(class_end[c], 1000001, 100);
		assert_int_equal(pprc_rtt_timeout_us(&r, class_end[c], 0),
				 MOST);
	}
}

static void doubling(void **unused)
{
	static const u32 times[] = { 1, 4000, 30000, 240000, 5000000 };

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		double want;

		begin();
		samples(4096, times[i], 200);
		want = pprc_rtt_timeout_us(&r, 4096, 0);
		for (unsigned int tries = 0; tries < 200; tries++) {
			assert_int_equal(pprc_rtt_timeout_us(&r, 4096, tries),
					 bounded(want));
			want *= 2;
		}
		assert_int_equal(pprc_rtt_timeout_us(&r, 4096, 0x80000000),
				 MOST);
		assert_int_equal(pprc_rtt_timeout_us(&r, 4096, ~0u), MOST);
	}
}

/* UBSan sees to it that nothing overflows on the way. */
static void extremes(void **unused)
{
	static const u64 times[] = {
		0, 1, LONGEST - 1, LONGEST, LONGEST + 1ull, 0x7fffffff,
		0xffffffff, 0x100000000, 0x100000001, 1ull << 63, ~0ull,
	};
	static const u32 sizes[] = { 0, 1, 4096, 1 << 22, 0x7fffffff, ~0u };
	static const unsigned int tries[] = { 0, 1, 9, 10, 11, 31, 32, ~0u };

	(void)unused;
	unit_seed("extremes");
	for (unsigned int n = 0; n < 100000; n++) {
		u32 bytes = sizes[unit_below(ARRAY_SIZE(sizes))], us;

		if (n % 50 == 0)
			begin();
		samples(bytes, times[unit_below(ARRAY_SIZE(times))], 1);
		for (unsigned int c = 0; c < CLASSES; c++) {
			assert_true(r.class[c].srtt_us <= LONGEST);
			assert_true(r.class[c].var_us <= LONGEST);
		}
		us = pprc_rtt_timeout_us(&r, sizes[unit_below(ARRAY_SIZE(sizes))],
					 tries[unit_below(ARRAY_SIZE(tries))]);
		assert_true(us >= LEAST && us <= MOST);
	}
	/* Times beyond 32 bits are long, not short. */
	begin();
	samples(4096, 0x100000001, 1);
	assert_int_equal(r.class[0].srtt_us, LONGEST);
	begin();
	samples(4096, 0, 1);
	assert_int_equal(r.class[0].srtt_us, 1);
}

/* The same in floating point, as the RFC writes it. */
static struct {
	bool	known;
	double	srtt;
	double	var;
} model[CLASSES];

static unsigned int model_class(u32 bytes)
{
	unsigned int c = 0;

	while (bytes > class_end[c])
		c++;
	return c;
}

static void model_sample(u32 bytes, double us)
{
	unsigned int c = model_class(bytes);
	double off;

	us = us < 1 ? 1 : us > LONGEST ? LONGEST : us;
	off = us > model[c].srtt ? us - model[c].srtt : model[c].srtt - us;
	if (!model[c].known) {
		model[c].known = true;
		model[c].srtt = us;
		model[c].var = us / 2;
		return;
	}
	model[c].var = 0.75 * model[c].var + 0.25 * off;
	model[c].srtt = 0.875 * model[c].srtt + 0.125 * us;
}

/* Also by how much rounding may have made the timeout shorter. */
static double model_timeout(u32 bytes, unsigned int tries, double *off)
{
	int class = model_class(bytes), c = class;
	double us = FIRST, by = 1;

	*off = 1;
	while (c >= 0 && !model[c].known)
		c--;
	if (c < 0)
		for (c = class; c < CLASSES && !model[c].known; c++)
			;
	if (c < CLASSES) {
		us = model[c].srtt + (4 * model[c].var > TICK ?
				      4 * model[c].var : TICK);
		/* 8 of the time, 8 and 4 of the deviation, four times */
		*off = 8 + 4 * 12;
	}
	for (; c < class; c++)
		by *= 4;
	us = us * by < LEAST ? LEAST : us * by > MOST ? MOST : us * by;
	*off *= by;
	while (tries--) {
		us *= 2;
		*off *= 2;
		if (us > 16 * MOST)
			break;
	}
	return us > MOST ? MOST : us;
}

static void random_samples(void **unused)
{
	double center = 1000, worst = 0;

	(void)unused;
	unit_seed("random_samples");
	for (unsigned int n = 0; n < 300000; n++) {
		u32 bytes = unit_random() >> (32 + unit_below(32)), us;
		unsigned int tries = unit_below(3) ? 0 : unit_below(14);
		double want, off;

		if (!n || unit_below(500) == 0) {
			begin();
			memset(model, 0, sizeof(model));
		}
		if (unit_below(40) == 0)
			center = unit_random() >> (38 + unit_below(26));
		if (unit_below(4)) {
			us = center + (unit_below(2) ? 0 :
				       unit_below(1 + center / 2));
			pprc_rtt_sample(&r, bytes, us);
			model_sample(bytes, us);
		}
		bytes = unit_random() >> (32 + unit_below(32));
		us = pprc_rtt_timeout_us(&r, bytes, tries);
		want = model_timeout(bytes, tries, &off);
		assert_near(us, want, off + 1);
		if (want - us > worst && !tries)
			worst = want - us;
	}
	printf("# rounding took at most %.0f us off a timeout\n", worst);
}

/* ------------------------------------- frames that others have overtaken */

static void gap_by_hand(void **unused)
{
	(void)unused;
	assert_int_equal(PPRC_GAP_MAX_US, 50000);
	/* A mistake doubles, a loss takes an eighth. */
	assert_int_equal(pprc_gap_next_us(1000, 1000, true), 2000);
	assert_int_equal(pprc_gap_next_us(2000, 1000, false), 1750);
	assert_int_equal(pprc_gap_next_us(1100, 1000, false), 1000);
	assert_int_equal(pprc_gap_next_us(1000, 1000, false), 1000);
	/* Bounds, also of what was set before they were. */
	assert_int_equal(pprc_gap_next_us(30000, 1000, true), 50000);
	assert_int_equal(pprc_gap_next_us(50000, 1000, true), 50000);
	assert_int_equal(pprc_gap_next_us(0xffffffff, 1000, true), 50000);
	assert_int_equal(pprc_gap_next_us(0xffffffff, 1000, false), 43750);
	assert_int_equal(pprc_gap_next_us(10, 1000, false), 1000);
	assert_int_equal(pprc_gap_next_us(0, 1000, true), 1000);
	/* Nobody is to wait: nothing is learnt. */
	assert_int_equal(pprc_gap_next_us(0, 0, true), 0);
	assert_int_equal(pprc_gap_next_us(0, 0, false), 0);
}

/* A network that keeps order is found to, one that does not is waited for. */
static void gap_converges(void **unused)
{
	u32 us = 1000;
	int n;

	(void)unused;
	for (n = 0; us < 20000; n++)
		us = pprc_gap_next_us(us, 1000, us < 20000);
	assert_int_equal(n, 5);
	for (n = 0; us > 1000; n++)
		us = pprc_gap_next_us(us, 1000, false);
	assert_in_range(n, 20, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants),
		cmocka_unit_test(before_any_sample),
		cmocka_unit_test(first_sample),
		cmocka_unit_test(second_sample),
		cmocka_unit_test(classes_of_sizes),
		cmocka_unit_test(converges),
		cmocka_unit_test(deviation),
		cmocka_unit_test(step_up),
		cmocka_unit_test(step_down),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(nearest_neighbour),
		cmocka_unit_test(same_floor_for_all),
		cmocka_unit_test(bounds),
		cmocka_unit_test(doubling),
		cmocka_unit_test(extremes),
		cmocka_unit_test(random_samples),
		cmocka_unit_test(gap_by_hand),
		cmocka_unit_test(gap_converges),
	};

	return cmocka_run_group_tests_name("rtt", tests, NULL, NULL);
}
