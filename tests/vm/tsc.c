// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the rate of this CPU's time stamp counter in kHz. It is what an emulated
 * CPU counts with, too, and a guest that has to find out by itself while the host
 * is busy may come to a wrong result or to none.
 */

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The counter at a time: of some tries that with the least around it. */
static uint64_t count_at(int64_t *ns)
{
	int64_t best = INT64_MAX;
	uint64_t count = 0;

	for (int i = 0; i < 100; i++) {
		int64_t from = now_ns();
		uint64_t c = __rdtsc();
		int64_t took = now_ns() - from;

		if (took < best) {
			best = took;
			count = c;
			*ns = from + took / 2;
		}
	}
	return count;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int64_t from, to;
	uint64_t a, b;

	a = count_at(&from);
	nanosleep(&pause, NULL);
	b = count_at(&to);
	printf("%.0f\n", (double)(b - a) * 1e6 / (double)(to - from));
	return 0;
}
