# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 40-lossy-wire: on a wire that loses, doubles, reorders, delays and damages frames writes verify, no pair is suspended, copies are equal
# lab: pair
# time: 100
# long-time: 1000
#
# LONG=1 makes more of everything, KINDS picks schedules, PPRC_SEED repeats a
# run.
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"

damage_expected

kinds=${KINDS:-"loss-1 loss-5 duplicate reorder delay corrupt all"}
rounds=1
if [ "${LONG:-0}" != 0 ]; then
	kinds=${KINDS:-"loss-0.1 $kinds"} rounds=4
fi

# part KIND: how much less is written where each write takes its time
part()
{
	case $1 in
	delay)		echo 8 ;;
	*)		[ $rounds = 1 ] && echo 4 || echo 1 ;;
	esac
}

# longest KIND: a frame that is lost costs no R_A_TOV, 10 s, as with stock
# initiators.  This shows that it is made good; how soon is for the bench.
longest()
{
	case $1 in
	loss-*)		echo "--max_latency=$(lab_scale 5)s" ;;
	esac
}

duo_up "$(limits 30000 30000)"
wire_mark
BYTES0=0
for ((round = 0; round < rounds; round++)); do
	for kind in $kinds; do
		start=$(lab_ms)
		schedule "$kind"
		echo "$kind: $NETEM"
		rough "$NETEM"
		events_from
		# What is rare may need some more frames until it happens.
		for try in 1 2 3 4 5 6; do
			# shellcheck disable=SC2046	# an option or none
			mixed_load "$(part "$kind")" $(longest "$kind")
			out=$(on primary -t 200 "$LOAD") ||
				fail "$kind ($NETEM), fio: $(tail -n 3 <<< "$out"), $(on primary 'pair_get p0 reason')"
			hit "$kind" && break
			[ $try -lt 6 ] || fail "$kind ($NETEM): no frame was hit"
		done
		duo_held "$kind ($NETEM)"
		duo_equal_to 192
		echo "$kind: $(($(lab_ms) - start)) ms"
	done
	# Looking at the capture takes longer than filling it.
	wire_carried
	wire_mark
	BYTES0=$(on primary 'pair_stat p0 write_bytes')
done
smooth
duo_equal
# A session that has come through all this still has each of its credits.
need on primary 'n() { session_stat p0 $1; }
	[ "$(n logins)" = 1 ] || fail "the session was given up: $(n logins) logins"
	[ "$(n slots_in_use)$(n waiting)" = 00 ] || fail "credits are lost: $(n slots_in_use) in use, $(n waiting) wait"'
duo_down
