// SPDX-License-Identifier: GPL-2.0
/* What the fuzz targets share: events, input, big-endian bytes, a digest. */

#include "fuzz.h"

/* libFuzzer keeps what reaches something new here, as with a new branch. */
static u8 seen[64] __attribute__((section("__libfuzzer_extra_counters")));

void fuzz_hit(unsigned int event)
{
	fuzz_events[event].hits++;
	seen[event % sizeof(seen)] = 1;
}

static void print_events(void)
{
	const struct fuzz_event *e;

	for (e = fuzz_events; e->name; e++)
		fprintf(stderr, "event %lu %s\n", e->hits, e->name);
}

int fuzz_init(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	atexit(print_events);
	return 0;
}

/* A rule is broken: libFuzzer keeps the input that has shown it. */
void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "broken: %s:%d: %s\n", file, line, what);
	abort();
}

/* The next n bytes as a big-endian number; zeros follow the input. */
u64 fuzz_take(struct fuzz_input *in, unsigned int n)
{
	u64 value = 0;

	while (n--) {
		value <<= 8;
		if (in->left) {
			value |= *in->p++;
			in->left--;
		}
	}
	return value;
}

/*
 * The next n bytes are added to those at p, byte by byte, so that the
 * neighbours of what is there are near; the end of the input changes nothing.
 */
void fuzz_add(struct fuzz_input *in, u8 *p, unsigned int n)
{
	while (n-- && in->left) {
		*p++ += *in->p++;
		in->left--;
	}
}

void fuzz_put(u8 *p, unsigned int n, u64 value)
{
	while (n--) {
		p[n] = value;
		value >>= 8;
	}
}

u64 fuzz_get(const u8 *p, unsigned int n)
{
	u64 value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

/* Are the bytes from 'from' to before 'to' zero? */
bool fuzz_zero(const u8 *p, unsigned int from, unsigned int to)
{
	while (from < to)
		if (p[from++])
			return false;
	return true;
}

/* CRC-32C by halves of bytes, to have a second opinion. */
u32 fuzz_crc(const u8 *p, unsigned int len)
{
	static u32 table[16];
	u32 crc = 0xffffffff;

	for (unsigned int i = 1; !table[15] && i < 16; i++) {
		u32 c = i;

		for (int bit = 0; bit < 4; bit++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78 : 0);
		table[i] = c;
	}
	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* A copy whose end AddressSanitizer knows. */
u8 *fuzz_copy(const void *p, size_t n)
{
	u8 *copy = malloc(n);

	if (!copy)
		exit(1);
	if (n)
		memcpy(copy, p, n);
	return copy;
}
