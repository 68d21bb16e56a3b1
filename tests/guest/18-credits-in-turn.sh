# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 18-credits-in-turn: pairs of a session that wait for credits get them in turn, whoever has more that waits; when all wait, no more slots are added than the limit allows; while the port's queue is full, commands wait instead of failing
# lab: one
# time: 25
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log 'device-mapper: core: CONFIG_IMA_DISABLE_HTABLE'

cat > "$LAB_SHARE/turns.pl" << 'PERL'
use strict;
use warnings;

# turns.pl P0 P1 P2: ids of pairs; the first has a write that waits, the second
# many, the third one.  In whose turn were those sent?
my (%name, %whose);
@name{@ARGV} = (0, 1, 2);

# Ids are given with the slots; each pair then sends for itself.
while (<STDIN>) {
	$whose{$2} = $name{$1} if /pri_remote_start: pair=([0-9a-f]+) kind=first .* cmd_id=(\d+)/;
}
my @order = map { $whose{$_} } sort { $a <=> $b } keys %whose;
print "order: @order\n";
my ($held, @waited) = ("@order[0 .. 3]", @order[4 .. $#order]);
print "fail: those that hold all slots are of @order[0 .. 3]\n" if $held ne '0 0 0 0';
print "fail: after that came @waited[0 .. 3]\n" if "@waited[0 .. 3]" ne '0 1 2 1';
print "fail: ", scalar(@order), " writes were sent, not 12\n" if @order != 12;
PERL

need on primary -t 200 '
T=/sys/kernel/tracing
modprobe dm-mod && roles_up || exit 1
[ -e $T/trace ] || mount -t tracefs t $T || fail "no tracefs"
n=$(($(blockdev --getsz /dev/ram1) / 2))
# Three volumes behind one disk that can stand still.
dmsetup create slow --noudevsync --table "0 $((2 * n)) linear /dev/ram1 0" && dmsetup mknodes &&
for i in 0 1 2; do
	dmsetup create far$i --noudevsync --table "0 16384 linear /dev/mapper/slow $((i * 16384))" &&
	dmsetup create near$i --noudevsync --table "0 16384 linear /dev/ram0 $((i * 16384))" || fail "no volume"
done
dmsetup mknodes && sec_tpg $SW && A=$(tpg_of $SW)/attrib || fail "no target"
for i in 0 1 2; do
	s=$(backstore_block store$i /dev/mapper/far$i) && sec_lun $SW $i $s || fail "no LUN"
done
sec_acl $SW $PW 0 1 2 && put 2 $A/extra_slots && put 60000 $A/extra_slots_ms && put 60000 $A/destage_limit_ms || fail "no policy"
for i in 0 1 2; do
	D[i]=$(pair_up p$i /dev/mapper/near$i $SW $i slots=4 slot_kib=64 timeout_ms=60000) || fail "no pair: $(dmesg | tail -n 3)"
	# Neighbours would become one write.
	echo 2 > /sys/block/${D[i]#/dev/}/queue/nomerges
done
slots() { sed -n "s/.* open slots \([0-9]*\) .*/\1/p" $A/sessions; }
# writes PAIR N: so many at once, in the background
writes()
{
	fio --name=w --filename=${D[$1]} --rw=randwrite --bs=16k --iodepth=$2 --iodepth_batch=$2 --ioengine=libaio --direct=1 \
		--size=4m --number_ios=$2 --output-format=terse > /tmp/fio.$1 2>&1 &
	jobs[$1]=$!
}
# under SLOTS WAITING: so many hold a slot, so many wait
under()
{
	wait_for 20 "[ \$(session_stat p0 slots_in_use) = $1 ] && [ \$(session_stat p0 waiting) = $2 ]" ||
		fail "$(session_stat p0 slots_in_use) hold a slot and $(session_stat p0 waiting) wait, not $1 and $2"
}
echo > $T/trace; echo 1 > $T/events/pprc_primary/pri_remote_start/enable && echo 1 > $T/tracing_on || fail "no trace"
dmsetup suspend --noudevsync --noflush slow || fail "the backstore cannot be held"
writes 0 5; under 4 1
writes 1 6; under 4 7
writes 2 1; under 4 8
[ "$(slots)" = 4 ] || fail "there are $(slots) slots already"
dmsetup resume --noudevsync slow
for i in 0 1 2; do wait ${jobs[i]} || fail "fio: $(cat /tmp/fio.$i)"; done
echo 0 > $T/events/pprc_primary/pri_remote_start/enable
out=$(perl $SHARE/turns.pl $(pair_get p0 id) $(pair_get p1 id) $(pair_get p2 id) < $T/trace); echo "$out"
grep -q ^fail <<< "$out" && fail "$(grep ^fail <<< "$out" | head -n 1): $out"
# All of them wait all the time: each says that it could use more.
for i in 0 1 2; do
	fio --name=v --filename=${D[i]} --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=6 --ioengine=libaio --direct=1 \
		--size=6m --verify=crc32c --serialize_overlap=1 --do_verify=1 --output-format=terse > /tmp/fio.$i 2>&1 &
	jobs[i]=$!
done
for i in 0 1 2; do wait ${jobs[i]} || fail "fio: $(cat /tmp/fio.$i)"; done
[ "$(slots) $(session_stat p0 slots)" = "6 6" ] || fail "$(slots) slots, the primary knows $(session_stat p0 slots); the limit is 4 and 2 more"
[ "$(sec_stat $SW grown) $(sec_stat $SW shrunk)" = "2 0" ] || fail "grown by $(sec_stat $SW grown), shrunk by $(sec_stat $SW shrunk)"
put 100 $A/extra_slots_ms
wait_for 20 "[ \$(slots) = 4 ] && [ \$(session_stat p0 slots) = 4 ] && [ \$(sec_stat $SW shrunk) = 2 ]" ||
	fail "still $(slots) slots, shrunk by $(sec_stat $SW shrunk)"
[ "$(sec_stat $SW grown)" = 2 ] || fail "grown by $(sec_stat $SW grown), shrunk by $(sec_stat $SW shrunk)"
echo "grown by 2 slots, shrunk by 2"
# full: are commands waiting although there are slots?
full()
{
	[ $(session_stat p0 waiting) -gt 0 ] && [ $(session_stat p0 slots_in_use) -lt $(session_stat p0 slots) ]
}
for i in 0 1 2; do pair_down p$i; done
put 0 $A/extra_slots
D[0]=$(pair_up p0 /dev/mapper/near0 $SW 0 slots=64 slot_kib=64 timeout_ms=60000) || fail "no pair: $(dmesg | tail -n 3)"
! full || fail "commands wait for nothing"
# Frames the queue has no room for are given back to fcoe, which tells libfc.
modprobe sch_tbf && tc qdisc replace dev va root tbf rate $((4000 / $(scaled 1)))kbit burst 20k limit 20k || fail "no queue"
fio --name=v --filename=${D[0]} --rw=randwrite --bs=64k --iodepth=32 --ioengine=libaio --direct=1 \
	--size=2m --verify=crc32c --do_verify=1 --output-format=terse > /tmp/fio 2>&1 &
job=$!
wait_for 20 full || fail "the queue is full and nothing waits: $(cat $PAIRS/p0/session_stats) $(tc -s qdisc show dev va)"
echo "$(session_stat p0 waiting) commands wait, $(session_stat p0 slots_in_use) of $(session_stat p0 slots) slots are in use"
wait $job || fail "fio: $(cat /tmp/fio)"
wire_smooth va
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex 0" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
[ "$(session_stat p0 slots_in_use)$(session_stat p0 waiting)$(session_stat p0 logins)" = 001 ] || fail "credits are lost: $(cat $PAIRS/p0/session_stats)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
pair_down p0 && sec_drop $SW || fail "not taken down"
for i in 0 1 2; do
	backstore_drop store$i && dmsetup remove --noudevsync far$i && dmsetup remove --noudevsync near$i || fail "not taken down"
done
dmsetup remove --noudevsync slow && dmsetup mknodes
roles_down'
