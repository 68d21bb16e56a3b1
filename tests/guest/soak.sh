# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# soak: whatever happens to a pair in any order, no acknowledged write is lost, copies are equal, nothing is suspended without a reason
# lab: pair
# time: 3600
#
# Run by tests/soak.sh, which sets SOAK_SECONDS and PPRC_SEED.  One step after
# the other is drawn; the oracle writes through most of them.
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"
# shellcheck source=tests/guest/oracle.sh
. "$TESTS/guest/oracle.sh"

trouble_expected
damage_expected
expects_log '^pprc_primary: pair p0: suspended \(by-host-command\): ' \
	'^pprc_secondary: session [0-9a-f:]+: write refused \(payload-digest, '

begin=$(lab_ms)
declare -A count
steps=0 suspensions=0 back_at=0

# The steps.  Each ends with a pair in full-duplex, both copies judged; WHAT is
# what happens, for the report.

# still WHAT: it was not suspended
still()
{
	oracle_stop
	oracle_judge "$1"
	duo_held "$1"
	duo_equal
}

# mended WHAT: it may have been suspended; mirror again
mended()
{
	oracle_stop
	smooth
	oracle_judge "$1"
	duo_back
	oracle_judge "$1, session back"
	[ "$(on primary 'pair_get p0 state')" = full-duplex ] || suspensions=$((suspensions + 1))
	again
}

# again: resume unless nothing was suspended
again()
{
	if [ "$(on primary 'pair_get p0 state')" = full-duplex ]; then
		duo_held "$WHAT"
		duo_equal
	else
		duo_resume
	fi
}

# some_weather: the wire is bad during what follows, or not
some_weather()
{
	NETEM=
	between 0 2
	[ $DRAWN -gt 0 ] || return
	one_of loss-0.1 loss-1 duplicate reorder delay corrupt all
	schedule "$DRAWN"
	WHAT+=" on a wire with $NETEM"
	rough "$NETEM"
}

step_writes()
{
	local out

	one_of loss-0.1 loss-1 loss-5 duplicate reorder delay corrupt all
	schedule "$DRAWN"
	WHAT="verified writes on a wire with $NETEM"
	rough "$NETEM"
	mixed_load 4
	out=$(on primary -t 200 "$LOAD") ||
		fail "$WHAT, fio: $(tail -n 3 <<< "$out"), $(on primary 'pair_get p0 reason')"
	duo_held "$WHAT"
	duo_equal
	smooth
}

step_overlap()
{
	local out

	WHAT="overlapping writes"
	some_weather
	between 1 12
	set -- $((2 * DRAWN))
	between 100000 130000
	out=$(on primary -t 300 "\$SHARE/blocks overlap $DISK $DRAWN $1 16 200 2>&1") ||
		fail "$WHAT: $out"
	duo_held "$WHAT"
	duo_equal
	smooth
}

step_change()
{
	local bounce out

	between 0 1
	bounce=$DRAWN
	WHAT="a buffer that changes, bounce=$bounce"
	some_weather
	between 1 256
	# A change that both legs have seen differently, but not the digest, is what
	# bounce=1 is for.
	out=$(on primary -t 300 "put $bounce \$PAIRS/p0/bounce && \$SHARE/blocks change $DISK 140000 $DRAWN 30 2>&1 &&
		{ [ $bounce = 1 ] || dd if=/dev/zero of=$DISK bs=120k count=$DRAWN seek=$((140000 * 4096)) \
			oflag=direct,seek_bytes status=none; } && put 1 \$PAIRS/p0/bounce 2>&1") || fail "$WHAT: $out"
	duo_held "$WHAT"
	duo_equal
	smooth
}

step_weather()
{
	one_of loss-1 loss-5 duplicate reorder delay corrupt all
	schedule "$DRAWN"
	WHAT="a wire with $NETEM"
	rough "$NETEM"
	oracle_start 300
	still "$WHAT"
	smooth
}

step_stall()
{
	between 1 20
	WHAT="the secondary's disk stands still for $((DRAWN / 10)).$((DRAWN % 10)) s"
	set -- "$((DRAWN / 10)).$((DRAWN % 10))"
	some_weather
	oracle_start 50
	stall "$1"
	oracle_until 50
	still "$WHAT"
	smooth
}

# unheard: libfc gives a VN2VN login up 20 s after the last beacon, of which there is
# one each 8 s.  Who has just missed one is left in peace until the next.
unheard()
{
	local ms=$((back_at + 9000 - $(lab_ms)))

	[ $ms -le 0 ] || sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
}

# away WHAT GONE BACK: one cannot be reached for a while, now and then for so long
# that libfc logs it off
away()
{
	local what=$1 gone=$2 back=$3 seconds

	between 1 10
	if [ $DRAWN = 1 ]; then
		seconds=60
	else
		between 1 $(($(lab_scale 8) * 10))
		seconds=$((DRAWN / 10)).$((DRAWN % 10))
	fi
	WHAT="$what for $seconds s"
	unheard
	some_weather
	oracle_start 50
	# shellcheck disable=SC2086	# a command and its argument
	need $gone
	sleep "$seconds"
	# shellcheck disable=SC2086
	need $back
	back_at=$(lab_ms)
	oracle_until 50
	mended "$WHAT"
}

step_freeze()
{
	away "the secondary is frozen" "lab_freeze secondary" "lab_thaw secondary"
}

step_freeze_primary()
{
	away "the primary is frozen" "lab_freeze primary" "lab_thaw primary"
}

step_cable()
{
	away "the cable is out" lab_unplug lab_plug
}

step_host_command()
{
	WHAT="suspended by command under load"
	some_weather
	oracle_start 50
	need on primary 'put suspend $PAIRS/p0/action'
	oracle_until 50
	mended "$WHAT"
}

step_cut_secondary()
{
	WHAT="power cut of the secondary"
	some_weather
	oracle_start 50
	lab_cut secondary
	oracle_until 50
	oracle_stop
	need on primary 'wire_smooth eth0'
	oracle_judge "$WHAT"
	secondary_again "$STALLING"
	duo_back
	oracle_judge "$WHAT, session back"
	suspensions=$((suspensions + 1))
	again
	CRC=
}

step_cut_primary()
{
	WHAT="power cut of the primary"
	some_weather
	oracle_start 50
	lab_cut primary
	oracle_judge "$WHAT"
	need on secondary 'wire_smooth eth0'
	primary_again "$(limits 3000 5000)" bounce=1
	CRC=
}

oracle_new
duo_blank || fail "the volumes cannot be blanked"
duo_ports
duo_target "$STALLING"
duo_pair "$(limits 3000 5000)" bounce=1
while [ $(($(lab_ms) - begin)) -lt $((SOAK_SECONDS * 1000)) ]; do
	# Reports add up; the judge need not read those of hours ago.
	[ $((steps % 20)) -ne 0 ] || oracle_new
	steps=$((steps + 1)) WHAT=
	start=$(lab_ms)
	one_of writes writes overlap change weather stall freeze freeze_primary cable \
		host_command cut_secondary cut_primary
	step=$DRAWN
	count[$step]=$((${count[$step]:-0} + 1))
	"step_$step"
	# The runner shows this file when it has ended; who watches reads it here.
	echo "step $steps: $WHAT: $(($(lab_ms) - start)) ms"
done
smooth
duo_down
stalling_down
echo "$steps steps, $suspensions suspensions: $(for step in "${!count[@]}"; do echo -n "$step ${count[$step]}, "; done)"
