// SPDX-License-Identifier: GPL-2.0
/* Names and sentences: drivers/core/names.c. */

#include "unit.h"
#include <pprc/names.h>

/*
 * The position is the number. Numbers travel between releases: a name is never
 * moved, new ones are added at the end.
 */
static const char * const states[] = {
	"simplex", "duplex-pending", "full-duplex", "suspended",
};

static const char * const susp_reasons[] = {
	"none", "by-host-command", "by-secondary", "path-loss",
	"secondary-error", "local-error", "freeze", "restart", "internal",
};

static const struct {
	const char	*name;
	u8		key;
} reasons[] = {
	{ "good",		0x0 }, { "bad-cdb",		0x5 },
	{ "bad-version",	0x5 }, { "bad-action",		0x5 },
	{ "bad-flags",		0x5 }, { "cdb-digest",		0xb },
	{ "no-prli",		0x5 }, { "no-acl",		0x5 },
	{ "no-session",		0x5 }, { "bad-slot",		0x5 },
	{ "slot-busy",		0x5 }, { "stale-id",		0x5 },
	{ "bad-lun",		0x5 }, { "bad-range",		0x5 },
	{ "bad-length",		0x5 }, { "payload-digest",	0xb },
	{ "no-pair",		0x5 }, { "bad-generation",	0x5 },
	{ "backstore-error",	0x4 }, { "no-memory",		0x4 },
	{ "too-small",		0x5 }, { "block-size",		0x5 },
	{ "pair-taken",		0x5 }, { "bad-login",		0x5 },
	{ "bad-state",		0x5 }, { "tpg-disabled",	0x5 },
	{ "aborted",		0xb }, { "busy",		0x2 },
	{ "partial",		0xb }, { "in-progress",		0x2 },
	{ "backstore-late",	0x4 },
};

static const unsigned int beyond[] = {
	1000, 65535, 65536, 0x80000000u, 0xffffffffu,
};

typedef const char *name_fn(unsigned int number);

static void check_names(name_fn *name, name_fn *text, unsigned int count)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	for (unsigned int i = 0; i < count; i++) {
		const char *n = name(i);

		assert_non_null(n);
		assert_true(n[0]);
		assert_int_equal(strspn(n, chars), strlen(n));
		assert_string_not_equal(n, "unknown");
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(n, name(k));
		if (text) {
			assert_true(unit_is_sentence(text(i)));
			assert_string_not_equal(text(i), n);
		}
	}
	for (unsigned int i = count; i < count + 300; i++)
		assert_string_equal(name(i), "unknown");
	for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++) {
		assert_string_equal(name(beyond[i]), "unknown");
		if (text)
			assert_true(unit_is_sentence(text(beyond[i])));
	}
	if (text)
		assert_true(unit_is_sentence(text(count)));
}

static void state_names(void **unused)
{
	(void)unused;
	check_names(pprc_state_name, NULL, PPRC_NR_STATES);
	assert_int_equal(PPRC_NR_STATES, ARRAY_SIZE(states));
	for (unsigned int i = 0; i < ARRAY_SIZE(states); i++)
		assert_string_equal(pprc_state_name(i), states[i]);
}

static void suspension_reasons(void **unused)
{
	(void)unused;
	check_names(pprc_susp_name, pprc_susp_advice, PPRC_NR_SUSP_REASONS);
	assert_int_equal(PPRC_NR_SUSP_REASONS, ARRAY_SIZE(susp_reasons));
	for (unsigned int i = 0; i < ARRAY_SIZE(susp_reasons); i++)
		assert_string_equal(pprc_susp_name(i), susp_reasons[i]);
}

static void refusals(void **unused)
{
	(void)unused;
	check_names(pprc_reason_name, pprc_reason_text, PPRC_NR_REASONS);
	assert_int_equal(PPRC_NR_REASONS, ARRAY_SIZE(reasons));
	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
		assert_string_equal(pprc_reason_name(i), reasons[i].name);
		if (pprc_reason_sense_key(i) != reasons[i].key)
			fail_msg("%s has sense key %x", reasons[i].name,
				 pprc_reason_sense_key(i));
	}
	/* A reason of another release is an error, too. */
	assert_int_equal(pprc_reason_sense_key(PPRC_NR_REASONS), 0x4);
	for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++)
		assert_int_equal(pprc_reason_sense_key(beyond[i]), 0x4);
}

static void only_good_has_no_sense_key(void **unused)
{
	(void)unused;
	for (unsigned int i = 0; i < PPRC_NR_REASONS; i++)
		assert_int_equal(!pprc_reason_sense_key(i), i == PPRC_R_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_names),
		cmocka_unit_test(suspension_reasons),
		cmocka_unit_test(refusals),
		cmocka_unit_test(only_good_has_no_sense_key),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
