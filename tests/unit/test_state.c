// SPDX-License-Identifier: GPL-2.0
/* The transition table of pair states: drivers/core/state.c. */

#include "unit.h"
#include <pprc/state.h>

/*
 * Rows: from; columns: to; in the order simplex, duplex-pending, full-duplex,
 * suspended.
 */
static const bool expected[4][4] = {
	{ false, true,  true,  false },
	{ true,  false, true,  true  },
	{ true,  false, false, true  },
	{ true,  true,  true,  false },
};

static void every_cell(void **unused)
{
	(void)unused;
	assert_int_equal(PPRC_NR_STATES, 4);
	for (unsigned int from = 0; from < 4; from++)
		for (unsigned int to = 0; to < 4; to++) {
			const struct pprc_transition *t =
				pprc_state_step(from, to);

			assert_non_null(t);
			if (t->allowed != expected[from][to])
				fail_msg("%s -> %s: %s", pprc_state_name(from),
					 pprc_state_name(to),
					 t->allowed ? "allowed" : "refused");
			if (!unit_is_sentence(t->text))
				fail_msg("%s -> %s has no sentence",
					 pprc_state_name(from),
					 pprc_state_name(to));
		}
}

static void every_state_can_be_left_and_reached(void **unused)
{
	(void)unused;
	for (unsigned int a = 0; a < PPRC_NR_STATES; a++) {
		bool left = false, reached = false;

		for (unsigned int b = 0; b < PPRC_NR_STATES; b++) {
			left |= pprc_state_step(a, b)->allowed;
			reached |= pprc_state_step(b, a)->allowed;
		}
		assert_true(left);
		assert_true(reached);
	}
}

static void numbers_beyond_the_table(void **unused)
{
	static const unsigned int beyond[] = {
		4, 5, 7, 255, 256, 65535, 0x80000000u, 0xfffffffcu, 0xffffffffu,
	};

	(void)unused;
	for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++)
		for (unsigned int s = 0; s < 4; s++) {
			const struct pprc_transition *cells[] = {
				pprc_state_step(beyond[i], s),
				pprc_state_step(s, beyond[i]),
				pprc_state_step(beyond[i], beyond[i]),
			};

			for (unsigned int k = 0; k < ARRAY_SIZE(cells); k++) {
				assert_non_null(cells[k]);
				assert_false(cells[k]->allowed);
				assert_true(unit_is_sentence(cells[k]->text));
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(every_state_can_be_left_and_reached),
		cmocka_unit_test(numbers_beyond_the_table),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
