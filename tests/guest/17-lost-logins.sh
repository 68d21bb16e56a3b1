# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 17-lost-logins: in a VN2VN network an ELS of libfc's login that is lost is sent again within seconds, long before libfc's own timer runs out, and the attempt before it is ended; only where a pair or a target wants the login
# lab: one
# time: 60
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log '^pprc_primary: pair p0: suspended \(path-loss\): ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary'

cat > "$LAB_SHARE/logins.sh" << 'EOG'
# What libfc says of its logins.
RPORT_LOGGING=8
A=00000a B=00000b	# FC_IDs, of the MAC addresses

# repeats STATE FC_ID: how often the ELS of that state was sent again by its work
# before libfc's timer ran out (libfc also does when the peer asks); sets REPEATS,
# ENDED to the attempts that were ended, and OUT to 1 if it has run out
repeats()
{
	read -r REPEATS ENDED OUT <<< "$(dmesg | awk -v state="$1" -v id="$2" '
		!index($0, "rport " id ": ") { next }
		index($0, "Port timeout, state " state) && !out { n++ }
		/Received a FLOGI error|Received a PLOGI response closed/ && index($0, "Received a " state " ") { ended++ }
		/ Error -?1 in state / && index($0, "in state " state ",") { out = 1 }
		END { print n + 0, ended + 0, out + 0 }')"
}

# hurried STATE FC_ID: three times, and libfc has not even begun to give it up
hurried()
{
	wait_for 12 "repeats $1 $2; [ \$REPEATS -ge 3 ] || [ \$OUT = 1 ]"
	[ $REPEATS -ge 3 ] || fail "$1 to $2 was sent again $REPEATS times, timer run out: $OUT"
	[ $ENDED -ge 3 ] || fail "$1 to $2 was sent again $REPEATS times, but only $ENDED attempts were ended before"
	echo "$1 to $2: sent again before libfc's timer ran out"
}
EOG

need on primary -t 300 '. $SHARE/logins.sh
roles_up || exit 1
echo $RPORT_LOGGING > /sys/module/libfc/parameters/debug_logging

# Nobody wants it: what libfc does by itself.  What va sends is lost.
fcoe_down vb
wire_rough va loss 100%
dmesg -C
fcoe_up vb > /dev/null || fail "no port"
wait_for 60 "repeats PLOGI $A; [ \$OUT = 1 ]" || fail "the answer to PLOGI is lost, and nothing comes of it"
[ $REPEATS = 0 ] || fail "nobody wants the login, but PLOGI was sent again $REPEATS times"
echo "an unwanted login: left alone"
wire_smooth va
wait_for 60 "grep -qs 0x$SW /sys/class/fc_remote_ports/*/port_name" || fail "no login"

# A pair and a target want it.  FLOGI goes to a port that is not there, the
# answer to PLOGI is lost.
roles_store && D=$(pair_up p0 /dev/ram0 $SW 0) || fail "no pair: $(dmesg | tail -n 3)"
dmesg -C
fcoe_down vb
hurried FLOGI $B
wire_rough va loss 100%
fcoe_up vb > /dev/null || fail "no port"
hurried PLOGI $A
wire_smooth va
wait_for 30 "grep -q ^up, $PAIRS/p0/session" || fail "the session does not come back: $(pair_get p0 session)"
echo 0 > /sys/module/libfc/parameters/debug_logging
put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action || fail "not resumed: $(dmesg | tail -n 3)"
dd if=/dev/urandom of=$D bs=64k count=16 oflag=direct status=none || fail "a write fails"
[ "$(pair_get p0 state)" = full-duplex ] || fail "p0 is $(pair_get p0 state)"
pair_down p0
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
roles_down'
