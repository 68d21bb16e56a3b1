// SPDX-License-Identifier: GPL-2.0
/* Credits and slots: drivers/core/window.c. */

#include "unit.h"
#include <pprc/window.h>

#define SLOTS		1024u	/* most a session may have */

static struct pprc_window w;

/*
 * What the rules say, slot by slot: a slot below the grant is with the window
 * or with a command, one beyond it with a command or nowhere.
 */
static struct {
	unsigned int	limit;
	bool		out[SLOTS];
} model;

static void begin(void)
{
	memset(&w, 0xee, sizeof(w));
	pprc_window_reset(&w);
	memset(&model, 0, sizeof(model));
}

static bool bit(const u64 *map, unsigned int n)
{
	return map[n / 64] >> n % 64 & 1;
}

static unsigned int model_out(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SLOTS; i++)
		n += model.out[i];
	return n;
}

static unsigned int model_free(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < model.limit; i++)
		n += !model.out[i];
	return n;
}

static unsigned int model_used(void)
{
	unsigned int used = model.limit;

	for (unsigned int i = model.limit; i < SLOTS; i++)
		if (model.out[i])
			used = i + 1;
	return used;
}

/* No slot has two owners, none below the grant has none. */
static void check(void)
{
	assert_int_equal(w.limit, model.limit);
	assert_int_equal(w.out, model_out());
	for (unsigned int i = 0; i < SLOTS; i++) {
		assert_int_equal(bit(w.taken, i), model.out[i]);
		assert_int_equal(bit(w.free, i),
				 i < model.limit && !model.out[i]);
	}
	assert_int_equal(pprc_window_open(&w), model_free() != 0);
	assert_int_equal(pprc_window_used(&w), model_used());
}

static void grant(unsigned int slots)
{
	pprc_window_grant(&w, slots);
	model.limit = min(slots, SLOTS);
}

static int take(void)
{
	int want = -1, slot = pprc_window_take(&w);

	for (unsigned int i = 0; i < model.limit && want < 0; i++)
		if (!model.out[i])
			want = i;
	assert_int_equal(slot, want);
	if (slot >= 0)
		model.out[slot] = true;
	return slot;
}

static void give(unsigned int slot)
{
	bool good = slot < SLOTS && model.out[slot];

	assert_int_equal(pprc_window_give(&w, slot), good);
	if (good)
		model.out[slot] = false;
}

static void take_all(void)
{
	while (take() >= 0)
		;
}

static void give_all(void)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (model.out[i])
			give(i);
}

static void layout(void **unused)
{
	(void)unused;
	assert_int_equal(PPRC_SLOTS_MAX, SLOTS);
	assert_int_equal(PPRC_WINDOW_WORDS, SLOTS / 64);
	assert_int_equal(sizeof(w.free), SLOTS / 8);
	assert_int_equal(sizeof(w.taken), SLOTS / 8);
}

static void nothing_granted(void **unused)
{
	(void)unused;
	begin();
	check();
	assert_false(pprc_window_open(&w));
	assert_int_equal(pprc_window_take(&w), -1);
	assert_int_equal(pprc_window_used(&w), 0);
	give(0);
	check();
	grant(0);
	check();
	assert_int_equal(pprc_window_take(&w), -1);
}

/* Every size of a window: each slot once, in order, then no more. */
static void every_size(void **unused)
{
	(void)unused;
	for (unsigned int n = 1; n <= SLOTS; n++) {
		begin();
		grant(n);
		for (unsigned int i = 0; i < n; i++) {
			assert_true(pprc_window_open(&w));
			assert_int_equal(take(), i);
		}
		assert_int_equal(take(), -1);
		check();
		give_all();
		check();
		assert_int_equal(model_free(), n);
	}
}

static void more_than_a_session_may_have(void **unused)
{
	static const unsigned int grants[] = {
		1025, 1088, 2048, 65535, 65536, 65537, 0x80000000u, ~0u,
	};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(grants); i++) {
		begin();
		grant(grants[i]);
		assert_int_equal(w.limit, SLOTS);
		for (unsigned int k = 0; k < SLOTS; k++)
			assert_int_equal(take(), k);
		assert_int_equal(take(), -1);
		check();
		assert_int_equal(pprc_window_used(&w), SLOTS);
	}
}

/* A light load uses few slots again and again. */
static void lowest_first(void **unused)
{
	(void)unused;
	begin();
	grant(200);
	for (unsigned int i = 0; i < 150; i++)
		take();
	give(100);
	give(63);
	give(64);
	give(149);
	assert_int_equal(take(), 63);
	assert_int_equal(take(), 64);
	assert_int_equal(take(), 100);
	assert_int_equal(take(), 149);
	assert_int_equal(take(), 150);
	check();
}

static void give_of_what_is_not_out(void **unused)
{
	static const unsigned int never[] = {
		1024, 1025, 1087, 2047, 65535, 65536, 0x80000000u, ~0u,
	};

	(void)unused;
	begin();
	grant(70);
	take();
	take();
	for (unsigned int i = 2; i < SLOTS; i++)
		assert_false(pprc_window_give(&w, i));
	for (unsigned int i = 0; i < ARRAY_SIZE(never); i++)
		assert_false(pprc_window_give(&w, never[i]));
	check();
	/* Twice is once too often. */
	give(1);
	assert_false(pprc_window_give(&w, 1));
	check();
	assert_int_equal(w.out, 1);
}

/* What is out stays out and comes back to nobody; the rest goes at once. */
static void shrink_while_out(void **unused)
{
	(void)unused;
	begin();
	grant(100);
	for (unsigned int i = 0; i < 80; i++)
		take();
	grant(50);
	check();
	assert_false(pprc_window_open(&w));
	assert_int_equal(take(), -1);
	assert_int_equal(pprc_window_used(&w), 80);
	give(79);
	assert_int_equal(pprc_window_used(&w), 79);
	assert_int_equal(take(), -1);
	give(10);
	assert_int_equal(take(), 10);
	check();
	give_all();
	check();
	assert_int_equal(model_free(), 50);
	assert_int_equal(pprc_window_used(&w), 50);
}

/* The grant passes over slots that have been out all the time. */
static void grow_again(void **unused)
{
	(void)unused;
	begin();
	grant(130);
	take_all();
	for (unsigned int i = 0; i < 130; i += 2)
		give(i);
	grant(1);
	check();
	grant(130);
	check();
	assert_int_equal(model_free(), 65);
	for (unsigned int i = 0; i < 130; i += 2)
		assert_int_equal(take(), i);
	assert_int_equal(take(), -1);
	check();
	give_all();
	assert_int_equal(model_free(), 130);
	check();
}

static void to_nothing_and_back(void **unused)
{
	(void)unused;
	begin();
	grant(SLOTS);
	take_all();
	grant(0);
	check();
	assert_int_equal(pprc_window_used(&w), SLOTS);
	for (unsigned int i = SLOTS; i > 0; i--) {
		assert_int_equal(pprc_window_used(&w), i);
		give(i - 1);
	}
	assert_int_equal(pprc_window_used(&w), 0);
	check();
	grant(SLOTS);
	check();
	assert_int_equal(model_free(), SLOTS);
}

/* What was out of the old session is unknown to the new one. */
static void reset_while_out(void **unused)
{
	(void)unused;
	begin();
	grant(300);
	for (unsigned int i = 0; i < 200; i++)
		take();
	pprc_window_reset(&w);
	memset(&model, 0, sizeof(model));
	check();
	assert_false(pprc_window_give(&w, 5));
	grant(10);
	check();
	assert_int_equal(model_free(), 10);
}

static void random_sequences(void **unused)
{
	unsigned int takes = 0, none = 0, gives = 0, wrong = 0, grants = 0;
	unsigned int full = 1, bias = 2;

	(void)unused;
	unit_seed("random_sequences");
	begin();
	for (unsigned int n = 0; n < 60000; n++) {
		if (n % 3000 == 0) {
			give_all();
			check();
			assert_int_equal(model_free(), model.limit);
			begin();
			full = 1 + unit_below(unit_below(2) ? 80 : SLOTS);
		}
		if (n % 200 == 0)
			bias = 1 + unit_below(4);
		switch (unit_below(40)) {
		case 0:
			grant(unit_below(20) ? unit_below(full + 1) :
			      unit_random());
			grants++;
			break;
		case 1:
			give(unit_below(2) ? unit_random() :
			     unit_below(SLOTS + 64));
			wrong++;
			break;
		case 2:
			give_all();
			break;
		default:
			if (unit_below(5) < bias) {
				if (take() >= 0)
					takes++;
				else
					none++;
			} else if (model_out()) {
				unsigned int i = unit_below(SLOTS);

				while (!model.out[i])
					i = (i + 1) % SLOTS;
				give(i);
				gives++;
			}
		}
		check();
	}
	printf("# %u taken, %u times none, %u given, %u tries to give, %u grants\n",
	       takes, none, gives, wrong, grants);
	assert_true(takes > 5000 && none > 1000 && gives > 5000);
	assert_true(wrong > 500 && grants > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(nothing_granted),
		cmocka_unit_test(every_size),
		cmocka_unit_test(more_than_a_session_may_have),
		cmocka_unit_test(lowest_first),
		cmocka_unit_test(give_of_what_is_not_out),
		cmocka_unit_test(shrink_while_out),
		cmocka_unit_test(grow_again),
		cmocka_unit_test(to_nothing_and_back),
		cmocka_unit_test(reset_while_out),
		cmocka_unit_test(random_sequences),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
