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

# blocks_build: tests/vm/blocks.c, where host and guests find it
blocks_build()
{
	[ -x "$LAB_SHARE/blocks" ] ||
		need gcc -O2 -Wall -Wextra -pthread -o "$LAB_SHARE/blocks" "$TESTS/vm/blocks.c"
}
