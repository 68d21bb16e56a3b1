# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 33-secondary-dies: power cut of the secondary under load: the primary's I/O goes on, the pair is suspended; when the secondary is back the session is, too, the pair stays suspended
# lab: pair
# time: 80
# long: yes
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

# A peer that takes more than a minute to boot.
expects_lost_port
expects_log '^pprc_primary: pair p0: suspended \(path-loss\): ' \
	'^pprc_primary: pair p0: not resumed: ' \
	'^pprc_primary: session [0-9a-f:]+: down: ' \
	'^pprc_secondary: session [0-9a-f:]+: closing: nothing was heard of the primary' \
	'^pprc_secondary: port [0-9a-f]+: command f800 refused \(no-acl\): '

# The secondary is a target when the primary's port first sees it, and is none
# when it comes back: its TPG is made after its port has come up.
duo_blank || fail "the volumes cannot be blanked"
need on secondary 'pprc_load core secondary && fcoe_up eth0'
duo_target
need on primary -t 60 "pprc_load core primary && fcoe_up eth0 &&
	wait_for 30 'grep -qs 0x$DSW /sys/class/fc_remote_ports/*/port_name'"
duo_pair timeout_ms="$(lab_scale 2000)"
is_target='wait_for 20 "grep -q \"FCP Target\" /sys/class/fc_remote_ports/*/roles" ||
	fail "to the FC transport class the secondary is $(cat /sys/class/fc_remote_ports/*/roles)"'
need on primary "$is_target"
job=$(on_bg primary -t 120 "fio --name=w --filename=$DISK --rw=randwrite --bsrange=4k-64k \
	--blockalign=4k --iodepth=8 --ioengine=libaio --direct=1 --size=48m --rate=,4m \
	--max_latency=$(lab_scale 8)s --verify=crc32c --serialize_overlap=1 --verify_fatal=1 --do_verify=1 \
	--output-format=terse 2>&1")
need on primary 'wait_for 20 "[ \$(pair_stat p0 writes) -ge 50 ]" || fail "fio does not write"'
logins=$(on primary 'sed "s/.*, \([0-9]*\) logins/\1/" $PAIRS/p0/session')

lab_cut secondary
start=$(lab_ms)
need on primary 'wait_for 10 "[ \$(pair_get p0 state) = suspended ]" ||
	fail "the secondary is dead, the pair is $(pair_get p0 state)"'
echo "suspended after $(($(lab_ms) - start)) ms"
need on primary '
grep -q "^path-loss: " $PAIRS/p0/reason || fail "$(pair_get p0 reason)"
dmesg | grep -qE "pair p0: suspended \(path-loss\): .*; host writes go on, on the primary alone; check the fabric and the secondary host, then resume the pair" ||
	fail "the log does not say what to do: $(dmesg | grep suspended)"
n=$(pair_stat p0 local_writes)
wait_for 6 "[ \$(pair_stat p0 local_writes) -gt $n ]" || fail "host writes have stopped"'
out=$(on_wait primary "$job" -t 60) || fail "fio: $out"
echo "without the secondary: $(on primary 'echo $(pair_get p0 reason), $(pair_stat p0 local_writes) local writes')"

# The same disk, nothing but it is left of the secondary.
need lab_boot secondary
need lab_wait secondary
need on secondary -t 60 'pprc_load core secondary && fcoe_up eth0'
duo_target 'backstore_block store $(disk data)'
need on primary -t 90 'wait_for 60 "grep -q ^up, $PAIRS/p0/session" ||
	fail "the session does not come back: $(pair_get p0 session)"
[ "$(sed "s/.*, \([0-9]*\) logins/\1/" $PAIRS/p0/session)" -gt '"$logins"' ] ||
	fail "a session is up that nobody has logged in to: $(pair_get p0 session)"
[ "$(pair_get p0 state)" = suspended ] || fail "with the session came $(pair_get p0 state)"
refused "Operation not permitted" "p0: not resumed: .*write 1 to assume_equal" put resume $PAIRS/p0/action'

# Nothing is mirrored yet, and nothing reaches the secondary's disk.
cp --sparse=always "$(image secondary)" "$LAB_RUN/before.img"
need on primary "dd if=/dev/urandom of=$DISK bs=64k count=8 oflag=direct status=none"
cmp -s "$LAB_RUN/before.img" "$(image secondary)" || fail "a suspended pair writes to the secondary"
rm "$LAB_RUN/before.img"

# The operator makes the volumes equal and vouches for it.
dd if="$(image primary)" of="$(image secondary)" bs=64k conv=notrunc,sparse status=none
duo_equal
n=$(on primary 'pair_stat p0 local_writes')
need on primary "put 1 \$PAIRS/p0/assume_equal && put resume \$PAIRS/p0/action ||
		fail \"not resumed: \$(dmesg | tail -n 2)\"
	dd if=/dev/urandom of=$DISK bs=64k count=16 oflag=direct status=none"
out=$(on primary 'echo $(pair_get p0 state) $(pair_stat p0 local_writes)')
[ "$out" = "full-duplex $n" ] || fail "not mirrored again: $out"
# Else it would end the session's exchanges after dev_loss_tmo.
need on primary "$is_target"
duo_equal
duo_down
