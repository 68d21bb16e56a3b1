# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For programs that run tests in stages, sourced by them: passed, failed and
# skipped are the sums of all TAP lines so far.

shopt -s lastpipe
exec < /dev/null
passed=0 failed=0 skipped=0

# The make that has started this has flags that are not for the ones below.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
export LC_ALL=C

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

# stage NAME TEXT CMD...; TOOK are its seconds if CMD only shows what has run
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
	echo "=== $name: $pass passed, $fail failed, $skip skipped in ${TOOK:-$((SECONDS - start))} s"
	echo
}

# begin NAME CMD...: start what is to be a stage, beside others
begin()
{
	local name=$1

	shift
	[ -n "${BESIDE:-}" ] || {
		BESIDE=$(mktemp -d "${TMPDIR:-/var/tmp}/pprc-beside.XXXXXX") || exit 1
		declare -gA beside_jobs beside_began
		trap 'kill "${beside_jobs[@]}" 2> /dev/null; rm -rf "$BESIDE"' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM HUP
	}
	"$@" > "$BESIDE/$name" 2>&1 &
	beside_jobs[$name]=$! beside_began[$name]=$EPOCHSECONDS
}

# ended NAME TEXT: wait for it; its output is a stage
ended()
{
	local rc

	wait "${beside_jobs[$1]}"
	rc=$?
	# Others may have gone on since it printed its last line.
	TOOK=$(($(stat -c %Y "$BESIDE/$1") - beside_began[$1])) \
		stage "$1" "$2" printed "$1" $rc
}

# printed NAME RC: what it has printed, and how it has ended
printed()
{
	cat "$BESIDE/$1"
	return "$2"
}

# guests KIND ARGUMENT...: tests/run.sh with the tests of this kind of lab, and with
# objects of its own, as each run links the modules anew; after a begin
guests()
{
	PPRC_BUILD=$BESIDE/$1.build "$TESTS/run.sh" -L "$@"
}

# stages_end: the last line; fails if anything has
stages_end()
{
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] && [ $passed -gt 0 ]
}
