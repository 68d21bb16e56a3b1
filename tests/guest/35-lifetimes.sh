# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 35-lifetimes: whatever is taken away on either side, idle or under load, the host's I/O goes on, nothing hangs, and everything can be made anew
# lab: one
# time: 220 + 60 * ROUNDS
# long: yes
#
# Each of n rounds (ROUNDS) has everything happen once to an idle pair and once
# under load.  They are shared by TRACKS (at most 10) cables beside each other, each
# with a pair of its own: most of the time is libfc's, which takes seconds to log in
# again.  ROUNDS_ONLY="event..." picks events.
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE' \
	'^pprc_secondary: session [0-9a-f:]+: closing waits for ' \
	'^pprc_primary: pair p[0-9]: suspended \((path-loss|secondary-error|by-host-command)\): ' \
	'^pprc_primary: pair p[0-9]: (not resumed|not disabled): ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary' \
	'^pprc_secondary: session [0-9a-f:]+: (write|flush) refused \((aborted|bad-lun|no-pair|backstore-error), ' \
	'^pprc_secondary: port [0-9a-f]+: command f80[0-6] refused \((no-session|no-acl|tpg-disabled|no-prli|bad-lun|busy)\): ' \
	'^(sd|scsi) [0-9:]+: ' '^(blk_update_request: )?I/O error, dev sd[a-z], ' '^Buffer I/O error on dev sd[a-z]' '^device offline error, dev sd[a-z], ' \
	'callbacks suppressed$'
expects_cut_writes

# What every event does is done by one helper, as on an emulated debug kernel to
# start a program takes longer than all that the program does.
cat > "$LAB_SHARE/hand.pl" << 'PERL'
use strict;
use warnings;
use Fcntl;

# hand.pl: reads lines "VERB ARGUMENT...", answers each with "ok" or with an error
my %verbs = (
	mkdir	=> sub { mkdir $_[0] or -d $_[0] },
	rmdir	=> sub { rmdir $_[0] },
	unlink	=> sub { unlink $_[0] },
	symlink	=> sub { symlink $_[0], $_[1] },
	write	=> sub { put($_[1], O_WRONLY, "$_[0]\n") },
	# a block of a disk, written through
	poke	=> sub { put($_[0], O_WRONLY | O_SYNC, "\0" x 4096) },
);

sub put
{
	my ($file, $flags, $text) = @_;

	sysopen(my $f, $file, $flags) or return;
	return (syswrite($f, $text) // -1) == length $text;
}

$| = 1;
while (<STDIN>) {
	my ($verb, @args) = split;
	print $verbs{$verb}->(@args) ? "ok\n" : "$verb @args: $!\n";
}
PERL

cat > "$LAB_SHARE/life.sh" << 'EOG'
# track N: the cable and the pair that all below is about
track()
{
	N=$1 P=p$1 IP=v$1a IS=v$1b SLOW=slow$1 LOG=/tmp/fio.$1
	PW=$(printf 2000020000000%x0a $1) SW=$(printf 2000020000000%x0b $1)
	RP=/dev/ram$((2 * $1)) RS=/dev/ram$((2 * $1 + 1))
	TPG=$(tpg_of $SW)
	PWC=$(wwpn_colon $PW)
	ACL=$TPG/acls/$PWC
	coproc HAND { exec perl $SHARE/hand.pl; }
}

# hand VERB ARGUMENT...: by the helper; what it cannot do, it tells in ANSWER
hand()
{
	echo "$*" >&${HAND[1]}
	read -r ANSWER <&${HAND[0]} && [ "$ANSWER" = ok ]
}

# mac END: of the port with this last byte
mac() { printf 02:00:00:00:%02x:%s $N $1; }

target_up() { sec_tpg $SW && sec_lun $SW 0 $store && sec_acl $SW $PW 0; }
acl_up() { hand mkdir $ACL && lun_up; }
lun_up() { hand mkdir $ACL/lun_0 && hand symlink $TPG/lun/lun_0 $ACL/lun_0/map; }
lun_down() { hand unlink $ACL/lun_0/map && hand rmdir $ACL/lun_0; }
establish() { pair_up $P $RP $SW 0 timeout_ms=$(scaled 2000) connect_timeout_ms=60000; }

# track_up: cable, ports, backstore, target, pair
track_up()
{
	local d

	roles_cable $IP $IS $(mac 0a) $(mac 0b) $SW || fail "no cable $N"
	dmsetup create $SLOW --noudevsync --table "0 $(blockdev --getsz $RS) linear $RS 0" && dmsetup mknodes
	store=$(backstore_block store$N /dev/mapper/$SLOW) && target_up || fail "no target $N"
	d=$(establish) || fail "no pair $N: $(dmesg | tail -n 3)"
}

# track_ends: the pair still makes copies; then everything goes
track_ends()
{
	local n

	put suspend $PAIRS/$P/action
	disks_equal $RP $RS || dd if=$RP of=$RS bs=1M oflag=direct iflag=direct status=none
	put 1 $PAIRS/$P/assume_equal && put resume $PAIRS/$P/action || fail "not resumed: $(dmesg | tail -n 2)"
	n=$(pair_stat $P local_writes)
	fio --name=w --filename=/dev/$(pair_get $P disk) --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=16 \
		--ioengine=libaio --direct=1 --size=4m --verify=crc32c --serialize_overlap=1 --do_verify=1 \
		--output-format=terse > $LOG 2>&1 || fail "fio: $(cat $LOG)"
	[ "$(pair_get $P state) $(pair_stat $P local_writes)" = "full-duplex $n" ] ||
		fail "$(how_it_is)"
	disks_equal $RP $RS || fail "the copies differ"
	rmdir $PAIRS/$P
	sec_drop $SW && backstore_drop store$N && dmsetup remove --noudevsync $SLOW || fail "track $N stays"
	fcoe_down $IP
	fcoe_down $IS
	ip link del $IP
	kill $HAND_PID
}

# load_on, load_off: writes at queue depth 16 that never end by themselves
load_on()
{
	local n

	n=$(($(pair_stat $P writes) + $(pair_stat $P local_writes)))
	$SHARE/blocks load /dev/$(pair_get $P disk) 0 4096 16 $PAUSE $(scaled 20000) > $LOG 2>&1 &
	job=$!
	wait_for 60 "[ $n -lt \$((\$(pair_stat $P writes) + \$(pair_stat $P local_writes))) ]" ||
		fail "nothing is written: $(cat $LOG)"
}

load_off()
{
	kill -0 $job 2>/dev/null || fail "$what: the writer has ended: $(cat $LOG)"
	kill -INT $job
	wait $job || fail "$what: $(cat $LOG)"
	echo "$P: $(cat $LOG)"
}

# moves COUNTER: it goes up within a few seconds
moves()
{
	local n

	counted $PAIRS/$P/stats $1 && n=$COUNTED
	wait_for 10 "counted $PAIRS/$P/stats $1; [ \$COUNTED -gt $n ]" || fail "$what: no $1"
}

# how_it_is: a line about the pair, for who has to find out why
how_it_is()
{
	echo "$P is $(pair_get $P state): $(pair_get $P reason);" \
		"$(grep -hv " 0$" $PAIRS/$P/session_stats | paste -sd " ")"
}

suspended()
{
	wait_for 40 "pair_is $P state suspended" || fail "$what: $(how_it_is)"
	hits[$1]=$((${hits[$1]:-0} + 1))
}

again()
{
	wait_for 60 "pair_is $P session 'up,*'" || fail "$what: the session does not come back: $(pair_get $P session)"
	# A login may be lost once more while it settles.
	wait_for 60 "hand write 1 $PAIRS/$P/assume_equal && hand write resume $PAIRS/$P/action" ||
		fail "$what: not resumed: $(dmesg | tail -n 3)"
}

# An idle pair learns of some things by its next write only.
touch_it()
{
	local d

	[ -z "$loaded" ] || return 0
	read -r d < $PAIRS/$P/disk
	hand poke /dev/$d || fail "$what: a write fails: $ANSWER"
}

ev_lun()	# the LUN is taken out of the ACL
{
	lun_down || fail "$what: it stays: $ANSWER"
	touch_it; suspended lun
	lun_up
}

ev_acl()	# the ACL is removed
{
	lun_down && hand rmdir $ACL || fail "$what: it stays: $ANSWER"
	touch_it; suspended acl
	acl_up
}

ev_tpg()	# the TPG is disabled
{
	hand write 0 $TPG/enable || fail "$what: it stays: $ANSWER"
	touch_it; suspended tpg
	hand write 1 $TPG/enable
}

ev_wwn()	# ACL, LUN, TPG and port are removed
{
	sec_drop $SW || fail "$what: it stays"
	[ ! -e $TPG ] || fail "$what: it is still there"
	touch_it; suspended wwn
	target_up || fail "$what: it cannot be made anew"
}

link_event()	# an end of the cable goes down and comes up again
{
	ip link set $1 down
	suspended $2
	ip link set $1 up
}
ev_link_p() { link_event $IP link_p; }
ev_link_s() { link_event $IS link_s; }

lip_event()	# a port is reset: it logs out of everything
{
	echo 1 > /sys/class/fc_host/$(fcoe_host $1)/issue_lip
	suspended $2
}
ev_lip_p() { lip_event $IP lip_p; }
ev_lip_s() { lip_event $IS lip_s; }

port_event()	# the FCoE port is destroyed and made anew
{
	timeout 60 bash -c "echo -n $1 > /sys/bus/fcoe/ctlr_destroy" || fail "$what: that hangs"
	suspended $2
	wait_for 20 "! fcoe_ctlr $1 > /dev/null" || fail "$what: it stays"
	fcoe_up $1 > /dev/null || fail "$what: it cannot be made anew"
}
ev_port_p() { port_event $IP port_p; }
ev_port_s() { port_event $IS port_s; }

# closing_waits: the last time that was said
closing_waits()
{
	dmesg | grep "session $PWC: closing waits for [0-9]* commands that the backstore has not ended" | tail -n 1
}

ev_hang()	# the backstore hangs: removals wait, and the log says for what
{
	local waits

	waits=$(closing_waits)
	dmsetup suspend --noudevsync --noflush $SLOW || fail "$what: the backstore cannot be held"
	touch_it; suspended hang
	( rm $ACL/lun_0/map; rmdir $ACL/lun_0 $ACL; touch /tmp/removed.$N ) &
	wait_for 20 '[ "$(closing_waits)" != "$waits" ]' ||
		fail "$what: nobody says why the removal waits: $(dmesg | tail -n 3)"
	[ ! -e /tmp/removed.$N ] || fail "$what: the ACL went under a command"
	dmsetup resume --noudevsync $SLOW
	wait_for 20 "[ -e /tmp/removed.$N ]" || fail "$what: the removal hangs"
	rm /tmp/removed.$N
	acl_up
}

ev_unload()	# modules in use are not unloaded
{
	local m

	for m in core primary secondary; do
		! rmmod pprc_$m 2> /dev/null || fail "$what: pprc_$m was unloaded"
	done
	pair_is $P state full-duplex || fail "$what: $(how_it_is)"
	hand write suspend $PAIRS/$P/action
	suspended unload
}

ev_pair()	# the pair is removed: refused while its disk is open
{
	local d

	if [ -n "$loaded" ]; then
		! hand write 0 $PAIRS/$P/enable || fail "$what: a disk in use was removed"
		pair_is $P state full-duplex || fail "$what: $(how_it_is)"
		hand write suspend $PAIRS/$P/action
		suspended pair
		return
	fi
	pair_down $P || fail "$what: it stays: $(dmesg | tail -n 1)"
	d=$(establish) || fail "$what: it cannot be made anew"
	hand write suspend $PAIRS/$P/action
	suspended pair
}

ev_disk()	# the disk is deleted under its user, who gets errors
{
	local d

	[ -z "$loaded" ] || { kill -INT $job; wait $job; load_on; }
	# Its name may be that of another pair's disk at once.
	d=$(readlink -f /sys/block/$(pair_get $P disk)/device)
	timeout 60 bash -c "echo 1 > $d/delete" || fail "$what: that hangs"
	wait_for 20 "[ ! -e $d ]" || fail "$what: it stays"
	[ -z "$loaded" ] || { wait_for 30 "! kill -0 $job 2> /dev/null" || fail "$what: its user hangs"; wait $job; }
	wait_for 10 "pair_down $P 2> /dev/null" || fail "$what: the pair stays: $(dmesg | tail -n 1)"
	d=$(establish) || fail "$what: it cannot be made anew: $(dmesg | tail -n 2)"
	[ -z "$loaded" ] || load_on
	hand write suspend $PAIRS/$P/action
	suspended disk
}

# rounds N EVENT...
rounds()
{
	local n=$1 i e start

	shift
	for ((i = 1; i <= n; i++)); do
		for loaded in "" 1; do
			[ -z "$loaded" ] || load_on
			for e; do
				what="$e, ${loaded:+under load}${loaded:-idle}, round $i"
				what=${what/under load1/under load}
				start=$SECONDS
				ev_$e
				[ -z "$loaded" ] || moves local_writes
				again
				touch_it
				pair_is $P state full-duplex ||
					fail "$what: afterwards $(how_it_is)"
				[ -z "$loaded" ] || moves writes
				echo "$P: $what: $((SECONDS - start)) s"
			done
			[ -z "$loaded" ] || load_off
		done
	done
	for e; do
		[ "${hits[$e]:-0}" -ge $((2 * n)) ] || fail "$e happened ${hits[$e]:-0} times, not $((2 * n))"
		echo "$e: ${hits[$e]} times"
	done
}
declare -A hits
# tracks N ROUNDS EVENT...: so many tracks beside each other share the rounds
tracks()
{
	local n=$1 rounds=$2 pids= t rc

	shift 2
	modprobe brd rd_nr=$((2 * n)) rd_size=16384 && modprobe dm-mod && pprc_load core secondary primary || fail "no modules"
	# Beside each other they would only queue for the CPU: bursts at depth 16.
	PAUSE=0
	[ $n = 1 ] || PAUSE=$(scaled 1000)
	for ((t = 0; t < n; t++)); do
		( track $t && track_up && rounds $(((rounds + n - 1 - t) / n)) "$@" && track_ends ) > /tmp/track.$t 2>&1 &
		pids+=" $!"
	done
	# Not "wait -n": it loses one of two that end at once.
	for t in $pids; do
		wait $t
		rc=$?
		[ $rc -eq 0 ] || break
	done
	cat /tmp/track.*
	[ $rc -eq 0 ] || fail "$(grep -h '^fail: ' /tmp/track.* | head -n 1 | cut -d ' ' -f 2-)"
	pprc_unload && rmmod brd
}
EOG

blocks_build
events=${ROUNDS_ONLY:-lun acl tpg wwn link_p link_s lip_p lip_s port_p port_s hang unload pair disk}
# The debug kernel keeps both CPUs busy with fewer.
tracks=8
[ "$LAB_KERNEL" != debug ] || tracks=4
tracks=${TRACKS:-$tracks}
[ "$tracks" -le "$ROUNDS" ] || tracks=$ROUNDS
need on primary -t $((400 + 150 * ROUNDS)) ". \$SHARE/life.sh
tracks $tracks $ROUNDS $events"
