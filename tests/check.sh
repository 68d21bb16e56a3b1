#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh
#
# Everything that is tested, one stage after the other: unit tests, the judge
# of the cable, lint, cost, guest tests.  Installs the Debian packages that are
# missing.  Needs no terminal and no input; all output is shown.
#
# The last line is "N passed, N failed, N skipped", the sum of all TAP lines of
# all stages; such a line of a stage gets the stage's name before it.  A stage
# that ends badly without a failed test, that runs fewer tests than it has
# announced, or none, counts as one more failure.  Returns 1 on any failure.

set -u
shopt -s lastpipe
exec < /dev/null

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
passed=0 failed=0 skipped=0

# The make that has started this has flags that are not for the ones below.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
export LC_ALL=C
cd "$TOP" || exit 1
# make check-long
[ "${LONG:-0}" = 0 ] || export ROUNDS=${ROUNDS:-200} FUZZ_FRAMES=${FUZZ_FRAMES:-100000}

# read_tap NAME: copies the output of a stage and adds up pass, fail, skip and
# plan; several programs may follow each other
read_tap()
{
	local line

	pass=0 fail=0 skip=0 plan=0 bail=
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line%$'\r'}
		case $line in
		[0-9]*' passed, '*' failed, '*' skipped')
			line="$1: $line" ;;
		'Bail out!'*)
			bail=$line ;;
		esac
		if [[ $line =~ ^1\.\.([0-9]+)( *#.*)?$ ]]; then
			plan=$((plan + BASH_REMATCH[1]))
		# cmocka says "not ok N # SKIP" of a skipped test.
		elif [[ $line =~ ^ok\ ([0-9]+|-)( .*)?\ \#\ *[Ss][Kk][Ii][Pp] ]] ||
		     [[ $line =~ ^not\ ok\ [0-9]+\ \#\ SKIP ]]; then
			skip=$((skip + 1))
		elif [[ $line =~ ^ok\ ([0-9]+|-)( |$) ]]; then
			pass=$((pass + 1))
		elif [[ $line =~ ^not\ ok\ ([0-9]+|-)( |$) ]]; then
			fail=$((fail + 1))
		fi
		printf '%s\n' "$line"
	done
}

# wrong RC: what is wrong with the stage beyond its failed tests, if anything
wrong()
{
	local seen=$((pass + fail + skip))

	if [ -n "$bail" ]; then
		echo "$bail"
	elif [ $seen -eq 0 ]; then
		echo "rc $1, no test ran"
	elif [ $seen -lt "$plan" ]; then
		echo "rc $1, only $seen of $plan tests ran"
	elif [ "$1" -ne 0 ] && [ "$fail" -eq 0 ]; then
		echo "rc $1, although no test failed"
	fi
}

# stage NAME TEXT CMD...
stage()
{
	local name=$1 text=$2 start=$SECONDS rc why
	local pass fail skip plan bail

	shift 2
	echo "=== $name: $text"
	"$@" 2>&1 | read_tap "$name"
	rc=${PIPESTATUS[0]}
	why=$(wrong "$rc")
	[ -z "$why" ] || {
		fail=$((fail + 1))
		echo "not ok - $name # $why"
	}
	passed=$((passed + pass))
	failed=$((failed + fail))
	skipped=$((skipped + skip))
	echo "=== $name: $pass passed, $fail failed, $skip skipped in $((SECONDS - start)) s"
	echo
}

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
stage guest "the modules in virtual machines" \
	tests/run.sh

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
