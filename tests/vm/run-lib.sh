# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The parts of tests/run.sh, which provides TESTS, TOP, plan and kernels.
#
# shellcheck disable=SC2154

# shellcheck source=tests/vm/lab.sh
. "$TESTS/vm/lab.sh"

run_die()
{
	echo "run.sh: $*" >&2
	exit 2
}

# run_select PATTERN...: files of the tests that match one of them
run_select()
{
	local f p

	for f in "$TESTS"/guest/[0-9][0-9]-*.sh; do
		[ -f "$f" ] || continue
		[ $# -gt 0 ] || { echo "$f"; continue; }
		for p; do
			case ${f##*/} in
			*"$p"*)	echo "$f"; break ;;
			esac
		done
	done
}

run_name()
{
	basename "$1" .sh
}

# run_head FILE KEY
run_head()
{
	sed -n "/^\$/q; s/^# $2: *//p" "$1" | head -n 1
}

# run_time FILE: seconds it usually takes; with LONG=1 some do more, and the
# head may compute them from how much there is to do
run_time()
{
	local t=

	[ "${LONG:-0}" = 0 ] || t=$(run_head "$1" long-time)
	echo $((${t:-$(run_head "$1" time)}))
}

run_promise()
{
	run_head "$1" "$(run_name "$1")"
}

# run_check FILE: is its head complete?
run_check()
{
	[ -n "$(run_promise "$1")" ] ||
		run_die "$1 promises nothing: no line '# $(run_name "$1"): ...'"
	case $(run_head "$1" lab) in
	one|pair|own)	;;
	*)		run_die "$1: '# lab:' must be one, pair or own" ;;
	esac
	[[ $(run_head "$1" time) =~ ^[0-9]+([ ]*[+*/][ ]*(ROUNDS|FUZZ_FRAMES|[0-9]+))*$ ]] ||
		run_die "$1: '# time:' must be seconds"
}

run_init()
{
	local base=${PPRC_TMP:-/var/tmp}

	if [ -n "${PPRC_RUN:-}" ]; then
		mkdir -p "$PPRC_RUN"
	else
		mkdir -p "$base"
		PPRC_RUN=$(mktemp -d "$base/pprc-run.XXXXXX") || exit 1
	fi
	export PPRC_RUN
	RUN_DIR=$PPRC_RUN
	RUN_N=0 RUN_PASS=0 RUN_FAIL=0 RUN_SKIP=0
	RUN_LAB='' RUN_GUESTS='' RUN_KERNEL='' RUN_LABS=0 RUN_BODY='' RUN_LAST=/dev/null
	trap run_abort EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# The runner itself ends early: interrupted, or because of a mistake in it.
run_abort()
{
	local rc=$?

	trap - EXIT
	[ -z "$RUN_BODY" ] || kill -TERM -- "-$RUN_BODY" 2>/dev/null
	case $rc in
	130|143)
		echo "Bail out! interrupted"
		[ -z "$RUN_LAB" ] || lab_end
		if [ "${LAB_KEEP:-0}" != 0 ] || [ "$RUN_FAIL" -gt 0 ]; then
			echo "# everything about this run is in $RUN_DIR"
		else
			rm -rf "$RUN_DIR"
		fi
		;;
	*)
		echo "Bail out! rc $rc; see $RUN_DIR"
		[ -z "$RUN_LAB" ] || { lab_fail "rc $rc"; lab_end; }
		;;
	esac
	exit "$rc"
}

# build_modules KREL KHDRDIR [FOLDER]: build the modules, outside the source tree;
# sets RUN_KO to where that was, and RUN_MODULES to where they are.  In a folder they
# stay for as long as the caller needs them: somebody else may build anew.
build_modules()
{
	local dir

	dir=${PPRC_BUILD:-$(kernel_cache)/build}/$1
	RUN_KO=$dir
	RUN_MODULES=$(realpath -m "${3:-$dir}")
	mkdir -p "$dir" "$RUN_MODULES" || return 1
	(
		flock 9
		# Fresh sources over the old objects; what is no longer in the
		# tree must not be built.
		cd "$TOP" && for d in Kbuild Makefile drivers include; do
			[ -e "$d" ] || continue
			find "$d" -type f \( -name '*.[chS]' -o -name 'Kbuild*' \
				-o -name 'Makefile*' -o -name 'Kconfig*' \)
		done | grep -v '\.mod\.c$' | sort > "$dir/.sources"
		cd "$dir" || exit 1
		find . -type f -name '*.[chS]' ! -name '*.mod.c' |
			sed 's#^\./##' | sort | comm -23 - .sources | xargs -r rm -f
		while read -r f; do
			cmp -s "$TOP/$f" "$f" && continue
			mkdir -p "$(dirname "$f")" && cp -p "$TOP/$f" "$f" && touch "$f"
		done < .sources
		find . -name '*.ko' -delete
		make -C "$2" M="$dir" -j2 modules > build.log 2>&1 || exit 1
		# Objects that are up to date would hide it the next time.
		! grep -qE '(warning|WARNING):' build.log ||
			{ find . -name '*.o' -delete; exit 1; }
		[ $# -lt 3 ] || {
			rm -f "$RUN_MODULES"/*.ko
			find . -name '*.ko' -exec cp -t "$RUN_MODULES" {} +
		}
	) 9> "$dir/.lock"
}

# run_kernel SERIES: make it the kernel of the tests that follow
run_kernel()
{
	[ "$RUN_KERNEL" != "$1" ] || return 0
	run_lab_end
	RUN_KERNEL=$1 RUN_TROUBLE='' RUN_NOKERNEL=''
	LAB_KERNEL=$1
	export LAB_KERNEL
	kernel_get "$1" 2> "$RUN_DIR/kernel.log"
	case $? in
	0)	;;
	4)	RUN_NOKERNEL="no kernel $1 in this machine's package sources"; return ;;
	*)	RUN_TROUBLE="no kernel $1: $(tail -n 1 "$RUN_DIR/kernel.log")"; return ;;
	esac
	[ -f "$TOP/Kbuild" ] || return 0
	build_modules "$KREL" "$KHDRDIR" "$RUN_DIR/ko" && return
	cp "$RUN_KO/build.log" "$RUN_DIR/build-$1.log"
	RUN_TROUBLE="the modules do not build on $1: $(grep -m 1 -E 'error:|ERROR|[Ww]arning:|WARNING:|not found|\*\*\*' "$RUN_KO/build.log")"
}

run_lab_end()
{
	[ -z "$RUN_LAB" ] || lab_end
	RUN_LAB='' RUN_GUESTS=''
	trap run_abort EXIT
}

# run_share: the modules, and what several tests use, where the guests find them
run_share()
{
	mkdir -p "$LAB_SHARE/ko"
	cp "$TESTS"/vm/{frames,stacks}.pl "$LAB_SHARE" || return
	[ ! -f "$TOP/Kbuild" ] ||
		find "$RUN_MODULES" -name '*.ko' -exec cp -t "$LAB_SHARE/ko" {} +
}

# run_limit KIND: seconds for a whole lab, from what its tests usually take
run_limit()
{
	local p kind t sum=0

	for p in "${plan[@]}"; do
		read -r _ kind t <<< "$p"
		[ "$kind" != "$1" ] || sum=$((sum + $(run_time "$t")))
	done
	lab_scale $((600 + 5 * sum))
}

# run_between: what has gone wrong in these guests since the last test in them was
# judged.  Of its log only what looks like a bug counts: what it has left to the
# kernel to do may be told of later than that.
run_between()
{
	local guest bug

	for guest in $RUN_GUESTS; do
		bug=$(lab_log "$guest" "$(cat "$LAB_RUN/$guest.seen" 2>/dev/null)" |
			run_excused | grep -E "$LAB_BUGS" | run_first "$RUN_LAST")
		[ -z "$bug" ] || { echo "$guest kernel: $bug"; return; }
		on "$guest" -t 10 true > /dev/null 2>&1 ||
			{ echo "$guest does not answer"; return; }
	done
}

# run_lab KIND: a lab of this kind.  In one's own nothing is booted yet.
run_lab()
{
	local guest late

	late=$(run_between)
	[ -z "$late" ] || { lab_fail "after the test before: $late"; return 1; }
	[ "$RUN_LAB" != "$1" ] || return 0
	run_lab_end
	RUN_LAB=$1 RUN_LABS=$((RUN_LABS + 1))
	LAB_LIMIT=$(run_limit "$1")
	lab_new "$1-$RUN_LABS" || return 1
	trap run_abort EXIT
	lab_accel
	run_share || return 1
	case $1 in
	own)	return 0 ;;
	one)	RUN_GUESTS=primary ;;
	pair)	RUN_GUESTS="primary secondary"
		lab_cable primary secondary || return 1 ;;
	esac
	for guest in $RUN_GUESTS; do
		lab_disk "$guest" data 1G
		lab_disk "$guest" spare 1G
	done
	# shellcheck disable=SC2086	# a list
	lab_boot $RUN_GUESTS && lab_wait $RUN_GUESTS
}

# run_body FILE OUT EXPECTS: run the test in a shell and process group of its
# own, with a time limit
run_body()
{
	local limit pid killer rc

	limit=$(lab_scale $((60 + 5 * $(run_time "$1"))))
	set -m
	(
		set +m
		trap - EXIT INT TERM HUP
		TEST_EXPECTS=$3
		cd "$TESTS" || exit 1
		# shellcheck source=tests/vm/test-lib.sh
		. "$TESTS/vm/test-lib.sh"
		# shellcheck source=/dev/null
		. "$1"
	) > "$2" 2>&1 < /dev/null &
	pid=$! RUN_BODY=$!
	(
		set +m
		trap - EXIT INT TERM HUP
		lab_nap "$limit"
		echo "fail: still running after $limit s" >> "$2"
		kill -TERM -- "-$pid"
	) > /dev/null 2>&1 &
	killer=$!
	set +m
	wait "$pid"
	rc=$?
	RUN_BODY=''
	kill "$killer" 2>/dev/null
	wait "$killer" 2>/dev/null
	return $rc
}

# run_expected FILE: all patterns of what a kernel log may say
run_expected()
{
	local files=("$TESTS/vm/expected-log" "$1")

	[ "$RUN_KERNEL" != debug ] || files+=("$TESTS/vm/debug-expected-log")
	grep -hv -e '^#' -e '^$' "${files[@]}"
}

# run_excused: a log without the traces of the one mistake of stock code that is
# known by its trace only: libfc drops a reference on a remote port twice, see
# debug.patch, which mends it in the debug kernel.  None with a function of ours.
run_excused()
{
	[ "$RUN_KERNEL" != debug ] || { cat; return; }
	awk '/\[ cut here \]/ && !held { held = 1; text = ""; known = libfc = ours = 0 }
	     !held { print; next }
	     { text = text $0 "\n" }
	     /refcount_t: underflow; use-after-free/ { known = 1 }
	     / fc_rport_work\+.*\[libfc\]/ { libfc = 1 }
	     /\[pprc_/ { ours = 1 }
	     /\[ end trace / {
		held = 0
		if (!known || !libfc || ours)
			printf "%s", text
	     }
	     END { if (held) printf "%s", text }'
}

# run_first EXPECTS: the first of these log lines that nobody expects
run_first()
{
	sed -E 's/^\[ *[0-9]+\.[0-9]+\] //' | grep -v '^[[:space:]]*$' |
		grep -vE -f <(run_expected "$1") | head -n 1
}

# run_bug GUEST EXPECTS: the first line of its log since the mark that looks
# like a bug, or else that nobody expects; boots have their own noise
run_bug()
{
	local mark log

	mark=$(cat "$LAB_RUN/$1.mark" 2>/dev/null)
	log=$(lab_log "$1" "${mark:-0}" | run_excused)
	{
		grep -E "$LAB_BUGS" <<< "$log"
		awk '/^pprc: power on/ { boot = 1 }
		     !boot { print }
		     /pprc: guest ready/ { boot = 0 }' <<< "$log"
	} | run_first "$2"
}

# run_inspect EXPECTS: what is wrong although the test may not say so
run_inspect()
{
	local guest log bug

	if [ -e "$LAB_RUN/limit" ]; then
		echo "the time limit of the lab is used up"
		return
	fi
	for log in "$LAB_RUN"/*.serial; do
		guest=$(basename "$log" .serial)
		[ -f "$log" ] && bug=$(run_bug "$guest" "$1") && [ -n "$bug" ] &&
			echo "$guest kernel: $bug" && return
	done
	for guest in $RUN_GUESTS; do
		lab_alive "$guest" || { echo "$guest is dead"; return; }
	done
}

# run_reason RC OUT: why the test ended as it did
run_reason()
{
	local why

	why=$(grep '^fail: ' "$2" | tail -n 1)
	case $1,$why in
	4,*)	tail -n 1 "$2" ;;
	*,)	echo "rc $1: $(tail -n 1 "$2")" ;;
	*)	echo "${why#fail: }" ;;
	esac
}

# run_report RC REASON OUT NAME SECONDS
run_report()
{
	case $1 in
	0)
		RUN_PASS=$((RUN_PASS + 1))
		echo "ok $RUN_N $4 # time $5s"
		;;
	4)
		RUN_SKIP=$((RUN_SKIP + 1))
		echo "ok $RUN_N $4 # SKIP $2"
		;;
	*)
		RUN_FAIL=$((RUN_FAIL + 1))
		echo "not ok $RUN_N $4 # $2"
		[ ! -f "$3" ] || sed 's/^/# /' "$3"
		;;
	esac
}

# run_is_last: is the test that runs the last one of its lab?  Leaks are looked
# for then only: scanning takes as long as a test.
run_is_last()
{
	local this next

	read -r _ this _ <<< "${plan[RUN_N - 1]}"
	read -r _ next _ <<< "${plan[RUN_N]:-}"
	[ "$this" = own ] || [ "$this" != "$next" ]
}

# run_test SERIES KIND FILE
run_test()
{
	local name out expects rc wrong reason start=$SECONDS guest

	RUN_N=$((RUN_N + 1))
	name=$(run_name "$3")
	[ "$1" = "${kernels[0]}" ] || name+=-on-$1
	out=$RUN_DIR/$RUN_N-$name.out expects=$RUN_DIR/$RUN_N-$name.expects
	: > "$out"
	: > "$expects"

	if [ -n "$RUN_NOKERNEL" ]; then
		run_report 4 "$RUN_NOKERNEL" "$out" "$name" 0
		return
	elif [ -n "$RUN_TROUBLE" ]; then
		run_report 1 "$RUN_TROUBLE" "$out" "$name" 0
		return
	fi

	if run_lab "$2"; then
		for guest in $RUN_GUESTS; do
			lab_mark "$guest" > "$LAB_RUN/$guest.mark"
		done
		start=$SECONDS
		run_body "$3" "$out" "$expects"
		rc=$?
		reason=$(run_reason $rc "$out")
		if [ $rc -eq 0 ] && run_is_last; then
			# shellcheck disable=SC2086	# a list
			lab_leaks $RUN_GUESTS > "$out.leaks" 2>&1
			sed 's/^/leaks: /' "$out.leaks" >> "$out"
		fi
		RUN_LAST=$expects
		for guest in $RUN_GUESTS; do
			lab_mark "$guest" > "$LAB_RUN/$guest.seen"
		done
		wrong=$(run_inspect "$expects")
		[ -n "$wrong" ] || [ ! -s "$out.leaks" ] ||
			wrong=$(head -n 1 "$out.leaks")
		if [ -n "$wrong" ]; then
			# A skipped or passed test fails by it, and one that has
			# failed most likely did so because of it.
			[ $rc -eq 0 ] || [ $rc -eq 4 ] || wrong+=" ($reason)"
			rc=1 reason=$wrong
		fi
	else
		rc=1
		reason=$(tail -n 1 "$LAB_RUN/failed" 2>/dev/null)
		[ -n "$reason" ] || reason="the lab cannot be set up"
	fi
	run_report $rc "$reason" "$out" "$name" $((SECONDS - start))
	if [ $rc -ne 0 ] && [ $rc -ne 4 ]; then
		# These guests are for looking at; the next test gets fresh ones.
		lab_fail "$name: $reason" 2>/dev/null
		run_lab_end
	elif [ "$2" = own ]; then
		run_lab_end
	fi
}

run_finish()
{
	run_lab_end
	trap - EXIT
	if [ "$RUN_FAIL" -eq 0 ] && [ "${LAB_KEEP:-0}" = 0 ]; then
		rm -rf "$RUN_DIR"
	else
		echo "# everything about this run is in $RUN_DIR"
	fi
	echo "$RUN_PASS passed, $RUN_FAIL failed, $RUN_SKIP skipped"
	[ "$RUN_FAIL" -eq 0 ]
	exit
}
