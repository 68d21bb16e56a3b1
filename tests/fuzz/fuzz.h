/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share.
 *
 * A target is one file, fuzz_NAME.c, linked with the pure files of
 * drivers/core. It defines fuzz_one(), which libFuzzer calls with each input,
 * and fuzz_events[], what can happen to an input: each kind of acceptance and
 * of refusal. How often each has happened is printed when the program ends,
 * and run.sh fails a target in which one of them never has.
 *
 * A target judges with rules of its own, written from the tables of
 * Documentation/protocol.rst with offsets as numbers, and not with what it
 * tests.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <linux/types.h>

/**
 * struct fuzz_event - something that must happen in each run
 * @name:	words without a line feed; NULL after the last event
 * @hits:	how often it has happened
 */
struct fuzz_event {
	const char	*name;
	unsigned long	hits;
};

extern struct fuzz_event fuzz_events[];

/* Called by libFuzzer; the Makefile gives them the names it looks for. */
int fuzz_init(int *argc, char ***argv);
int fuzz_one(const u8 *data, size_t size);

void fuzz_fail(const char *file, int line, const char *what);

#define fuzz_check(cond)						\
	((cond) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #cond))

void fuzz_hit(unsigned int event);

/* If a rule is broken: notes the reason to refuse, and that it happens. */
static inline void broken(u32 *reasons, bool yes, unsigned int reason,
			  unsigned int event)
{
	if (yes) {
		*reasons |= 1u << reason;
		fuzz_hit(event);
	}
}

/* The bytes of an input that have not been used yet. */
struct fuzz_input {
	const u8	*p;
	size_t		left;
};

u64 fuzz_take(struct fuzz_input *in, unsigned int n);
void fuzz_add(struct fuzz_input *in, u8 *p, unsigned int n);

void fuzz_put(u8 *p, unsigned int n, u64 value);
u64 fuzz_get(const u8 *p, unsigned int n);
bool fuzz_zero(const u8 *p, unsigned int from, unsigned int to);
u32 fuzz_crc(const u8 *p, unsigned int len);
u8 *fuzz_copy(const void *p, size_t n);

#endif
