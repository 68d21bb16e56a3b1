# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 43-oracle: after cable cuts, freezes and power cuts of either side no write acknowledged in full-duplex is missing on either copy, and no older content stands over newer
# lab: pair
# time: 160
# long-time: 330
#
# LONG=1 freezes for 60 s, too.
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"
# shellcheck source=tests/guest/oracle.sh
. "$TESTS/guest/oracle.sh"

trouble_expected
oracle_new
oracle_selftest

# suspended WHAT: the pair is, and the oracle goes on
suspended()
{
	need on primary 'wait_for 20 "[ \$(pair_get p0 state) = suspended ]" ||
		fail "'"$1"': the pair is $(pair_get p0 state)"'
	oracle_until 50
}

# settled WHAT: the session is back; whatever was still under way has ended
settled()
{
	oracle_stop
	oracle_count "$1"
	oracle_judge "$1"
	duo_back
	oracle_judge "$1, session back"
	duo_resume
}

duo_up "$(limits 3000 5000)"

oracle_start 300
need lab_unplug
suspended cable
need lab_plug
settled "cable cut"

# A primary that stands still sees no silence: it is the secondary that closes.
freezes="secondary:1 primary:1 secondary:5 primary:7"
[ "${LONG:-0}" = 0 ] || freezes+=" secondary:60 primary:60"
for freeze in $freezes; do
	who=${freeze%:*} s=${freeze#*:}
	what="$who frozen for $s s"
	oracle_start 300
	need lab_freeze "$who"
	sleep "$(lab_scale "$s")"
	# The last beacon may have come 8 s before.
	[ "$(lab_scale "$s")" -lt 12 ] || duo_logged_off "$who"
	need lab_thaw "$who"
	if [ "$s" -lt 3 ]; then
		oracle_until 100
		oracle_stop
		oracle_count "$what"
		oracle_judge "$what"
		duo_held "$what"
		duo_equal
	else
		suspended "$what"
		settled "$what"
	fi
done

oracle_start 300
lab_cut secondary
suspended "secondary cut"
oracle_stop
secondary_again 'backstore_block store $(disk data)'
settled "secondary cut"

oracle_start 300
lab_cut primary
oracle_count "primary cut"
oracle_judge "primary cut"
primary_again "$(limits 3000 5000)"
oracle_start 300
oracle_stop
oracle_count "thereafter"
oracle_judge "thereafter"
duo_held "thereafter"
duo_equal
duo_down
