#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-debug.sh [PATTERN...]
#
# The guest tests on a kernel with KASAN, lockdep, kmemleak and more, see
# tests/vm/debug.config; before that, whether this kernel sees and the lab hears
# anything.  Builds the kernel if it is not in the cache.  Needs no terminal and
# no input.
#
# Without a pattern there are two labs beside each other, the tests of one guest
# and those of two.  What they print comes one after the other.  More do not
# make it faster: two CPUs have enough to do with these.
#
# The last line is "N passed, N failed, N skipped", the sum of all TAP lines.  A
# stage that ends badly without a failed test, or runs fewer tests than it has
# announced, counts as one more failure.  Returns 1 on any failure.

set -u
TESTS=$(dirname "$(realpath "$0")")
# shellcheck source=tests/stages.sh
. "$TESTS/stages.sh"

canary()
{
	stage canary "does this kernel see mistakes, and the lab hear of them" \
		"$TESTS/vm/lab-canary.sh"
}

"$TESTS/deps.sh" build vm debug 2>&1
"$TESTS/vm/kernel-debug.sh" 2>&1 || {
	failed=1
	stages_end
	exit 1
}
if [ $# -gt 0 ]; then
	canary
	stage guest "the modules in virtual machines" "$TESTS/run.sh" -d "$@"
else
	export ROUNDS=${ROUNDS:-4} FUZZ_FRAMES=${FUZZ_FRAMES:-2000}
	begin pair guests pair -d -a
	canary
	begin one guests one -d -a
	ended one "tests of one guest"
	ended pair "tests of two"
fi

stages_end
