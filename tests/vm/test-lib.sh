# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What a test of tests/guest/ may call on the host, besides the lab's functions.

# Ends the test; the reason is what the runner reports.
fail()
{
	echo "fail: $*"
	exit 1
}

# Ends the test: it cannot run here.
skip()
{
	echo "$*"
	exit 4
}

# need CMD...: end the test unless it succeeds.  With "on", what the command
# in the guest reports as its own reason stays the reason.
need()
{
	local out rc

	out=$("$@" 2>&1)
	rc=$?
	[ -z "$out" ] || printf '%s\n' "$out"
	[ $rc -ne 4 ] || exit 4
	[ $rc -eq 0 ] && return 0
	case $out in
	fail:*|*$'\n'fail:*)	exit 1 ;;
	esac
	fail "rc $rc: $*"
}

# expects_log REGEX...: kernel messages this test provokes
expects_log()
{
	printf '%s\n' "$@" >> "$TEST_EXPECTS"
}

# expects_lost_port: the peer is gone for longer than the FC transport class waits, a
# minute.  Who has come back by then is no target until its TPG is made.
expects_lost_port()
{
	expects_log '^ rport-[0-9:-]+: blocked FC remote port time out: (no longer a FCP target, )?removing '
}

# expects_cut_writes: a suspension ends writes while frames of theirs are still
# queued; what their owner does with the buffers then shows in them
expects_cut_writes()
{
	expects_log '^pprc_secondary: port [0-9a-f]+: frame dropped \(bad_crc\): ' \
		'^sec_dropped: [0-9]+ callbacks suppressed$'
}

# expects_no_memory: the kernel says at length that there was none to be had; the
# first line of a fault would remain
expects_no_memory()
{
	expects_log '^[^ ]+: (vmalloc error|page allocation failure): ' '^CPU: [0-9]+ PID: ' '^Hardware name: ' \
		'^Call Trace:$' '^ </?(TASK|IRQ)>$' '^  ?(\? )?[a-zA-Z0-9_.]+\+0x[0-9a-f]+/0x[0-9a-f]+( \[[a-z_]+\])?$' \
		'^(RIP|RSP|RAX|RDX|RBP|R10|R13|Code|Workqueue): ' '^Mem-Info:$' \
		'^ ?(active_anon|active_file|unevictable|slab_reclaimable|mapped|kernel_misc_reclaimable|free|sec_pagetables):' \
		'^Node 0 ' '^DMA(32)?( free)?:' '^lowmem_reserve' '^[0-9]+ (total pagecache pages|pages )' \
		'^SLUB: Unable to allocate memory on node ' '^  (cache: |node [0-9]+: slabs: |[^ ]+ debugging increased min order)'
}

# blocks_build: tests/vm/blocks.c, where host and guests find it
blocks_build()
{
	[ -x "$LAB_SHARE/blocks" ] ||
		need gcc -O2 -Wall -Wextra -pthread -o "$LAB_SHARE/blocks" "$TESTS/vm/blocks.c"
}
