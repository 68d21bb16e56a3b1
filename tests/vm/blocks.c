// SPDX-License-Identifier: GPL-2.0
/*
 * blocks: writes blocks that say what they are, and judges what a disk holds.
 *
 *   blocks write DEV FIRST BLOCKS THREADS VERSION DIR STATE
 *	writes at random until it is ended. Each write is one version, from
 *	VERSION + 1 on, of 1 to 16 blocks. A thread has blocks of its own and
 *	one write under way, so a block's versions go up. After each write the
 *	pair's STATE file is read and a line "BLOCK COUNT VERSION STATE" goes to
 *	DIR/ack.VERSION.THREAD, before that thread's next write. DIR must be a
 *	place that outlives this machine and that a write has reached when it
 *	returns, such as a 9p share without a cache.
 *
 *   blocks check IMAGE FIRST BLOCKS DIR any|mirrored
 *	each block must be whole and no older than its last acknowledged
 *	write; with "mirrored" those count after which the pair's state was
 *	full-duplex. Prints how many blocks and acknowledgements; returns 1 if
 *	something is missing.
 *
 *   blocks overlap DEV FIRST BLOCKS THREADS WRITES
 *	that many writes of different content, all to the same blocks, from
 *	all threads at once.
 *
 *   blocks change DEV FIRST BLOCKS WRITES
 *	writes BLOCKS blocks at once, so many times, each behind the last,
 *	while another thread changes them in memory.
 *
 *   blocks load DEV FIRST BLOCKS THREADS PAUSE MOST
 *	writes of 1 to 8 blocks, two from each thread at once, then a pause of
 *	so many milliseconds; until SIGINT. Returns 2 when a write fails or
 *	takes longer than MOST milliseconds.
 *
 *   blocks whole IMAGE FIRST BLOCKS
 *	is each block one that "write" or "overlap" has written?
 *
 *   blocks plant IMAGE BLOCK VERSION
 *	makes a block what it was in that version; 0: zeros.
 *
 * Blocks have 4 KiB. Every 64-bit word of one is made of its number, its
 * version and the word's place, so a mixture of two versions is found.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	4096
#define WORDS	(BLOCK / 8)
#define SPAN	16	/* most blocks of a write */
#define BURST	2	/* writes of a thread between two pauses of a load */
#define SHOW	20	/* most complaints */

struct worker {
	pthread_t	thread;
	unsigned int	number;
	uint64_t	random;
	uint64_t	first;
	uint64_t	blocks;
	unsigned long	writes;
};

static const char *device, *ack_dir, *state_file;
static int fd;
static uint64_t base_version;
static _Atomic uint64_t last_version;
static _Atomic int changing;
static unsigned int span = SPAN;
static unsigned long pause_ms, most_ms;
static _Atomic unsigned long longest_ms;
static volatile sig_atomic_t asked_to_stop;
static int stopping;
static pthread_barrier_t barrier;

static void die(const char *what)
{
	fprintf(stderr, "blocks: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static uint64_t draw(struct worker *w)
{
	w->random += 0x9e3779b97f4a7c15ull;
	return mix(w->random);
}

static void fill(uint64_t *words, uint64_t block, uint64_t version)
{
	unsigned int i;

	words[0] = block;
	words[1] = version;
	for (i = 2; i < WORDS; i++)
		words[i] = mix(block * 0x10001 ^ version << 24 ^ (uint64_t)i << 52);
}

static void *buffer(size_t size)
{
	void *p;

	if (posix_memalign(&p, BLOCK, size))
		die("memory");
	memset(p, 0, size);
	return p;
}

static void open_device(const char *path, int flags)
{
	device = path;
	fd = open(path, flags);
	if (fd < 0)
		die(path);
}

static void write_at(const void *data, size_t size, uint64_t block)
{
	ssize_t n = pwrite(fd, data, size, block * BLOCK);

	if (n < 0)
		die(device);
	if ((size_t)n != size) {
		fprintf(stderr, "blocks: %s: %zd of %zu bytes written\n",
			device, n, size);
		exit(2);
	}
}

/* Write new blocks somewhere in the worker's part. Return: their version. */
static uint64_t write_next(struct worker *w, uint64_t *data, uint64_t *block,
			   uint64_t *count)
{
	uint64_t version, i;

	*count = 1 + draw(w) % span;
	if (*count > w->blocks)
		*count = w->blocks;
	*block = w->first + draw(w) % (w->blocks - *count + 1);
	version = atomic_fetch_add(&last_version, 1) + 1;
	for (i = 0; i < *count; i++)
		fill(data + i * WORDS, *block + i, version);
	write_at(data, *count * BLOCK, *block);
	return version;
}

/* --- write ---------------------------------------------------------------- */

static void read_state(char *state, size_t size)
{
	int f = open(state_file, O_RDONLY);
	ssize_t n;

	if (f < 0)
		die(state_file);
	n = read(f, state, size - 1);
	if (n <= 0)
		die(state_file);
	close(f);
	state[n] = 0;
	state[strcspn(state, " \n")] = 0;
}

static void *write_some(void *arg)
{
	struct worker *w = arg;
	uint64_t *data = buffer(SPAN * BLOCK);
	char path[4096], line[128], state[64];
	off_t at = 0;
	int ack, n;

	snprintf(path, sizeof(path), "%s/ack.%llu.%u", ack_dir,
		 (unsigned long long)base_version, w->number);
	ack = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (ack < 0)
		die(path);
	for (;;) {
		uint64_t block, count;
		uint64_t version = write_next(w, data, &block, &count);

		read_state(state, sizeof(state));
		n = snprintf(line, sizeof(line), "%llu %llu %llu %s\n",
			     (unsigned long long)block,
			     (unsigned long long)count,
			     (unsigned long long)version, state);
		if (pwrite(ack, line, n, at) != n)
			die(path);
		at += n;
	}
	return NULL;
}

/* --- overlap, change ------------------------------------------------------ */

static void *write_over(void *arg)
{
	struct worker *w = arg;
	uint64_t *data = buffer(SPAN * BLOCK);
	uint64_t block, count;

	while (w->writes--)
		write_next(w, data, &block, &count);
	return NULL;
}

static void *scribble(void *arg)
{
	struct worker *w = arg;
	uint64_t *data = (uint64_t *)w->first, n = 0;

	while (atomic_load_explicit(&changing, memory_order_relaxed)) {
		uint64_t at = draw(w) % (w->blocks * WORDS);

		*(volatile uint64_t *)(data + at) = ++n;
	}
	return NULL;
}

/* --- load ------------------------------------------------------------------ */

static void stop(int signal)
{
	(void)signal;
	asked_to_stop = 1;
}

static unsigned long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ul + t.tv_nsec / 1000000;
}

static void *write_bursts(void *arg)
{
	struct worker *w = arg;
	uint64_t *data = buffer(SPAN * BLOCK);
	uint64_t block, count;
	unsigned int i;

	for (;;) {
		/* One of them waits and decides, for all. */
		if (pthread_barrier_wait(&barrier)) {
			usleep(pause_ms * 1000);
			stopping = asked_to_stop;
		}
		pthread_barrier_wait(&barrier);
		if (stopping)
			return NULL;
		for (i = 0; i < BURST; i++) {
			unsigned long ms = now_ms(), longest;

			write_next(w, data, &block, &count);
			ms = now_ms() - ms;
			longest = longest_ms;
			while (longest < ms &&
			       !atomic_compare_exchange_weak(&longest_ms, &longest, ms))
				;
			if (ms > most_ms) {
				fprintf(stderr, "blocks: %s: a write took %lu ms\n",
					device, ms);
				exit(2);
			}
		}
	}
}

static void run(void *(*what)(void *), unsigned int threads, uint64_t first,
		uint64_t blocks, int shared, unsigned long writes)
{
	struct worker *w = calloc(threads, sizeof(*w));
	unsigned int i;

	if (!w)
		die("memory");
	for (i = 0; i < threads; i++) {
		w[i].number = i;
		w[i].random = mix(base_version + i + 1);
		w[i].first = shared ? first : first + i * (blocks / threads);
		w[i].blocks = shared ? blocks : blocks / threads;
		w[i].writes = writes / threads + (i < writes % threads);
		errno = pthread_create(&w[i].thread, NULL, what, &w[i]);
		if (errno)
			die("thread");
	}
	for (i = 0; i < threads; i++)
		pthread_join(w[i].thread, NULL);
	free(w);
}

static void change(uint64_t first, uint64_t blocks, unsigned long writes)
{
	uint64_t *data = buffer(blocks * BLOCK);
	struct worker w = { .random = 1, .first = (uintptr_t)data,
			    .blocks = blocks };
	unsigned long i;

	atomic_store(&changing, 1);
	errno = pthread_create(&w.thread, NULL, scribble, &w);
	if (errno)
		die("thread");
	for (i = 0; i < writes; i++)
		write_at(data, blocks * BLOCK, first + i * blocks);
	atomic_store(&changing, 0);
	pthread_join(w.thread, NULL);
}

/* --- check ---------------------------------------------------------------- */

static unsigned int complaints;

static void complain(uint64_t block, const char *what, uint64_t a, uint64_t b)
{
	if (complaints++ < SHOW)
		printf("block %llu: %s (%llu, %llu)\n",
		       (unsigned long long)block, what,
		       (unsigned long long)a, (unsigned long long)b);
}

/* The version a block holds, 0 for zeros; -1 and a complaint if it is broken. */
static int64_t version_of(uint64_t block)
{
	static uint64_t want[WORDS];
	uint64_t got[WORDS];
	unsigned int i;

	if (pread(fd, got, BLOCK, block * BLOCK) != BLOCK)
		die(device);
	for (i = 0; i < WORDS && !got[i]; i++)
		;
	if (i == WORDS)
		return 0;
	if (got[0] != block) {
		complain(block, "holds what belongs elsewhere (where, version)",
			 got[0], got[1]);
		return -1;
	}
	fill(want, block, got[1]);
	for (i = 0; i < WORDS; i++) {
		if (got[i] == want[i])
			continue;
		complain(block, "is not all of one version (which, byte)",
			 got[1], 8 * i);
		return -1;
	}
	return got[1];
}

/* Last acknowledged version of each block. Return: acknowledgements counted. */
static unsigned long read_acks(const char *dir, uint64_t first, uint64_t blocks,
			       int mirrored, uint64_t *acked)
{
	unsigned long long block, count, version, i;
	char pattern[4096], line[256], state[64];
	unsigned long n = 0;
	glob_t files;
	size_t f;

	snprintf(pattern, sizeof(pattern), "%s/ack.*", dir);
	if (glob(pattern, 0, NULL, &files))
		return 0;
	for (f = 0; f < files.gl_pathc; f++) {
		FILE *in = fopen(files.gl_pathv[f], "r");

		if (!in)
			die(files.gl_pathv[f]);
		while (fgets(line, sizeof(line), in)) {
			/* The machine may have gone in the middle of a line. */
			if (!strchr(line, '\n'))
				break;
			if (sscanf(line, "%llu %llu %llu %63s", &block, &count,
				   &version, state) != 4 ||
			    block < first || block + count > first + blocks) {
				fprintf(stderr, "blocks: %s: %s",
					files.gl_pathv[f], line);
				exit(2);
			}
			if (mirrored && strcmp(state, "full-duplex"))
				continue;
			n++;
			for (i = 0; i < count; i++)
				if (acked[block - first + i] < version)
					acked[block - first + i] = version;
		}
		fclose(in);
	}
	globfree(&files);
	return n;
}

static int check(uint64_t first, uint64_t blocks, const char *dir, int mirrored)
{
	uint64_t *acked = calloc(blocks, sizeof(*acked)), i, known = 0;
	unsigned long n;

	if (!acked)
		die("memory");
	n = read_acks(dir, first, blocks, mirrored, acked);
	for (i = 0; i < blocks; i++) {
		int64_t version = version_of(first + i);

		known += !!acked[i];
		if (version >= 0 && (uint64_t)version < acked[i])
			complain(first + i, version ?
				 "older content than was acknowledged (holds, acknowledged)" :
				 "an acknowledged write is missing (holds, acknowledged)",
				 version, acked[i]);
	}
	printf("%lu acknowledged writes, %llu blocks of them, %u wrong\n", n,
	       (unsigned long long)known, complaints);
	free(acked);
	return complaints || !n;
}

static int whole(uint64_t first, uint64_t blocks)
{
	uint64_t i, n = 0;

	for (i = 0; i < blocks; i++)
		n += version_of(first + i) > 0;
	printf("%llu blocks written, %u wrong\n", (unsigned long long)n,
	       complaints);
	return complaints || !n;
}

static int plant(uint64_t block, uint64_t version)
{
	uint64_t *data = buffer(BLOCK);

	if (version)
		fill(data, block, version);
	write_at(data, BLOCK, block);
	return 0;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (*end || end == text) {
		fprintf(stderr, "blocks: %s is no number\n", text);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";
	uint64_t a = argc > 4 ? number(argv[3]) : 0;
	uint64_t b = argc > 4 ? number(argv[4]) : 0;

	if (!strcmp(verb, "write") && argc == 9) {
		ack_dir = argv[7];
		state_file = argv[8];
		base_version = last_version = number(argv[6]);
		open_device(argv[2], O_WRONLY | O_DIRECT);
		run(write_some, number(argv[5]), a, b, 0, 0);
		return 0;
	}
	if (!strcmp(verb, "check") && argc == 7) {
		open_device(argv[2], O_RDONLY);
		return check(a, b, argv[5], !strcmp(argv[6], "mirrored"));
	}
	if (!strcmp(verb, "overlap") && argc == 7) {
		open_device(argv[2], O_WRONLY | O_DIRECT);
		run(write_over, number(argv[5]), a, b, 1, number(argv[6]));
		return 0;
	}
	if (!strcmp(verb, "load") && argc == 8) {
		open_device(argv[2], O_WRONLY | O_DIRECT);
		span = SPAN / 2;
		pause_ms = number(argv[6]);
		most_ms = number(argv[7]);
		signal(SIGINT, stop);
		pthread_barrier_init(&barrier, NULL, number(argv[5]));
		run(write_bursts, number(argv[5]), a, b, 1, 0);
		printf("%llu writes, the longest took %lu ms\n",
		       (unsigned long long)last_version, longest_ms);
		return 0;
	}
	if (!strcmp(verb, "change") && argc == 6) {
		open_device(argv[2], O_WRONLY | O_DIRECT);
		change(a, b, number(argv[5]));
		return 0;
	}
	if (!strcmp(verb, "whole") && argc == 5) {
		open_device(argv[2], O_RDONLY);
		return whole(a, b);
	}
	if (!strcmp(verb, "plant") && argc == 5) {
		open_device(argv[2], O_WRONLY);
		return plant(a, b);
	}
	fprintf(stderr, "usage: blocks write|check|overlap|change|load|whole|plant ...\n");
	return 2;
}
