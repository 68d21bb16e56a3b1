// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the rate of this CPU's time stamp counter in kHz. It is what an emulated
 * CPU counts with, too, and a guest that has to find out by itself while the host
 * is busy may come to a wrong result or to none.
 */

#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The counter at a time: of some tries that with the least around it. */
static unsigned long long count_at(long long *ns)
{
	long long best = LLONG_MAX;
	unsigned long long count = 0;

	for (int i = 0; i < 100; i++) {
		long long from = now_ns();
		unsigned long long c = __rdtsc();
		long long took = now_ns() - from;

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
	long long from, to;
	unsigned long long a, b;

	a = count_at(&from);
	nanosleep(&pause, NULL);
	b = count_at(&to);
	printf("%.0f\n", (double)(b - a) * 1e6 / (double)(to - from));
	return 0;
}
