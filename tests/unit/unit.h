/* SPDX-License-Identifier: GPL-2.0 */
/* What the unit tests share: cmocka, random numbers, big-endian bytes. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/kernel.h>
#include <linux/types.h>

static u64 unit_random_state;

/*
 * Begins a series of random numbers and prints the seed as a TAP comment. The
 * seed is a constant so that runs are alike; PPRC_SEED in the environment
 * gives another one.
 */
__attribute__((unused))
static void unit_seed(const char *what)
{
	const char *text = getenv("PPRC_SEED");

	unit_random_state = text ? strtoull(text, NULL, 0) : 20240607;
	printf("# %s: PPRC_SEED=%llu\n", what,
	       (unsigned long long)unit_random_state);
	fflush(stdout);
}

/* splitmix64 */
__attribute__((unused))
static u64 unit_random(void)
{
	u64 z = unit_random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Evenly from 0 to n - 1; n is small enough for the remainder to be fair. */
__attribute__((unused))
static u32 unit_below(u32 n)
{
	return unit_random() % n;
}

/* Write and read n bytes big-endian, without the code under test. */
__attribute__((unused))
static void unit_put(u8 *p, unsigned int n, u64 value)
{
	while (n--) {
		p[n] = value;
		value >>= 8;
	}
}

__attribute__((unused))
static u64 unit_get(const u8 *p, unsigned int n)
{
	u64 value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

/* Is this a clause that can stand in a log line: some words, no full stop. */
__attribute__((unused))
static bool unit_is_sentence(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len >= 4 && text[len - 1] != '.' && text[len - 1] != ' ' &&
	       text[0] != ' ' && !strchr(text, '\n');
}

#endif
