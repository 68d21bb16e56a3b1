#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh
#
# All tests but those that are long or need the debug kernel, one stage after
# the other: unit tests, fuzzing, the judge of the cable, lint, cost, guest
# tests; these in two labs beside each other.
# Installs the Debian packages that are missing.  Needs no terminal and no input;
# all output is shown.
#
# The last line is "N passed, N failed, N skipped", the sum of all TAP lines of
# all stages; such a line of a stage gets the stage's name before it.  A stage
# that ends badly without a failed test, that runs fewer tests than it has
# announced, or none, counts as one more failure.  Returns 1 on any failure.

set -u
TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
cd "$TOP" || exit 1
# shellcheck source=tests/stages.sh
. "$TESTS/stages.sh"
# make check-long
[ "${LONG:-0}" = 0 ] || export ROUNDS=${ROUNDS:-100} FUZZ_FRAMES=${FUZZ_FRAMES:-100000}

# A stage may still do without what could not be installed.
echo "=== packages"
start=$SECONDS
"$TESTS/deps.sh" check lint 2>&1 || {
	failed=$((failed + 1))
	echo "not ok - packages # tests/deps.sh check lint"
}
echo "=== packages: $((SECONDS - start)) s"
echo

stage unit "pure logic on this host, under sanitizers" \
	make -C tests/unit check
stage fuzz "any input for what decodes, under sanitizers" \
	make -C tests/fuzz check FUZZ_SECONDS=25
stage cable "does the judge of the cable find what is wrong" \
	tests/vm/cable-selftest.sh
stage lint "the source, without running it" \
	tests/lint.sh
stage cost "instructions per write, against tests/cost.figures" \
	tests/cost.sh check
begin one guests one
stage pair "the modules in two virtual machines" guests pair
ended one "the modules in one virtual machine"

stages_end
