// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers a peer may send, looked up: states and their transitions, reasons
 * and their names: drivers/core/state.c, drivers/core/names.c.
 *
 * Input: pairs of numbers, small ones (1 byte each) or any (4 bytes each).
 *
 * - No number reads beyond a table, no answer is NULL or empty.
 * - Known numbers give what the lists of include/pprc/names.h say, all others
 *   "unknown", a sentence, and a sense key that is a failure.
 * - Exactly the transitions of a table written here are allowed; a walk never
 *   leaves the states there are.
 */

#include "fuzz.h"
#include <pprc/names.h>
#include <pprc/state.h>

enum {
	ALLOWED, REFUSED, NO_FROM, NO_TO, STATE, NO_STATE, SUSP, NO_SUSP,
	REASON, NO_REASON, WALKED, STAYED,
};

struct fuzz_event fuzz_events[] = {
	[ALLOWED]	= { .name = "transition allowed" },
	[REFUSED]	= { .name = "transition refused" },
	[NO_FROM]	= { .name = "transition from no state refused" },
	[NO_TO]		= { .name = "transition to no state refused" },
	[STATE]		= { .name = "state named" },
	[NO_STATE]	= { .name = "unknown state" },
	[SUSP]		= { .name = "suspension named" },
	[NO_SUSP]	= { .name = "unknown suspension" },
	[REASON]	= { .name = "reason named" },
	[NO_REASON]	= { .name = "unknown reason" },
	[WALKED]	= { .name = "step of a walk" },
	[STAYED]	= { .name = "step of a walk refused" },
	{ }
};

/* Row: from, column: to; simplex, pending, duplex, suspended. */
static const char allowed[4][5] = { "-pd-", "s-ds", "s--s", "spd-" };

static bool is_sentence(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len >= 4 && text[len - 1] != '.' && !strchr(text, '\n');
}

static const struct pprc_transition *check_step(u32 from, u32 to)
{
	const struct pprc_transition *t = pprc_state_step(from, to);

	fuzz_check(t && is_sentence(t->text));
	if (from > 3 || to > 3) {
		fuzz_check(!t->allowed);
		fuzz_check(t == pprc_state_step(4, 4));
		fuzz_hit(from > 3 ? NO_FROM : NO_TO);
		return t;
	}
	fuzz_check(t->allowed == (allowed[from][to] != '-'));
	fuzz_hit(t->allowed ? ALLOWED : REFUSED);
	return t;
}

/* A row of a list: its constant, its number, and what goes with it. */
struct row {
	u32		symbol;
	u32		number;
	const char	*name;
	const char	*text;
	unsigned int	key;
};

#define ROW_STATE(sym, num, name)					\
	{ PPRC_STATE_##sym, num, name, "", 0 },
#define ROW_SUSP(sym, num, name, todo)					\
	{ PPRC_SUSP_##sym, num, name, todo, 0 },
#define ROW_REASON(sym, num, name, key, text)				\
	{ PPRC_R_##sym, num, name, text, key },

static const struct row states[] = { PPRC_STATES(ROW_STATE) };
static const struct row susps[] = { PPRC_SUSP_REASONS(ROW_SUSP) };
static const struct row reasons[] = { PPRC_REASONS(ROW_REASON) };

/* The row with a number, or what stands for all numbers without one. */
static const struct row *find(const struct row *row, unsigned int rows, u32 n)
{
	static const struct row unknown = { .name = "unknown", .key = 4 };

	for (; rows--; row++) {
		fuzz_check(row->symbol == row->number);
		if (row->number == n)
			return row;
	}
	return &unknown;
}

static void check_state(u32 n)
{
	const struct row *row = find(states, ARRAY_SIZE(states), n);

	fuzz_check(!strcmp(pprc_state_name(n), row->name));
	fuzz_hit(row->text ? STATE : NO_STATE);
}

static void check_susp(u32 n)
{
	const struct row *row = find(susps, ARRAY_SIZE(susps), n);
	const char *text = pprc_susp_advice(n);

	fuzz_check(!strcmp(pprc_susp_name(n), row->name));
	fuzz_check(is_sentence(text));
	fuzz_check(!row->text || !strcmp(text, row->text));
	fuzz_hit(row->text ? SUSP : NO_SUSP);
}

static void check_reason(u32 n)
{
	const struct row *row = find(reasons, ARRAY_SIZE(reasons), n);
	const char *text = pprc_reason_text(n);

	fuzz_check(!strcmp(pprc_reason_name(n), row->name));
	fuzz_check(is_sentence(text));
	fuzz_check(!row->text || !strcmp(text, row->text));
	fuzz_check(pprc_reason_sense_key(n) == row->key);
	fuzz_check(!row->key == (n == PPRC_R_GOOD));
	fuzz_hit(row->text ? REASON : NO_REASON);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int n = fuzz_take(&in, 1) & 1 ? 4 : 1;
	u32 state = PPRC_STATE_SIMPLEX;

	while (in.left) {
		u32 from = fuzz_take(&in, n), to = fuzz_take(&in, n);

		check_step(from, to);
		check_state(to);
		check_susp(to);
		check_reason(to);
		if (check_step(state, to)->allowed) {
			state = to;
			fuzz_hit(WALKED);
		} else {
			fuzz_hit(STAYED);
		}
		fuzz_check(state < PPRC_NR_STATES);
	}
	return 0;
}
