# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 38-failing-allocations: each allocation of loading, configuring and enabling fails once, and every tenth exchange and frame while writes and logins go on: an error or a suspension, never an oops, a leak or a hang
# lab: one
# time: 150
# debug: yes
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

expects_log '^pprc_(primary|secondary|core): ' 'callbacks suppressed$' 'FAULT_INJECTION' \
	'^[A-Z][a-zA-Z ]*: page allocation failure' '^(scsi|sd) ' '^kobject_add_internal failed' \
	'^configfs: ' '^SCSI: ' '^scsi_alloc_sdev: Allocation failure' 'could not (be )?(allocate|create)'

cat > "$LAB_SHARE/sweep.pl" << 'PERL'
use strict;
use warnings;

# sweep.pl NAME ACTION UNDO: lets the first, second, ... allocation that the
# action makes fail until it makes no more. ACTION is "insmod FILE", "mkdir
# DIR", "symlink TO LINK" or "write VALUE FILE"; UNDO is a command, run when
# the action has succeeded. Beyond the first 40, every STEP-th fails.
my ($name, $action, $undo) = @ARGV;
my $step = $ENV{STEP} // 7;
my ($failed, $survived) = (0, 0);

open my $nth, '+<', '/proc/thread-self/fail-nth' or die "fail-nth: $!\n";

sub fail_nth { sysseek $nth, 0, 0; syswrite $nth, $_[0] or die "fail-nth: $!\n" }

sub left
{
	sysseek $nth, 0, 0;
	sysread $nth, my $n, 32;
	return $n + 0;
}

sub act
{
	my ($what, @arg) = split ' ', $action;

	if ($what eq 'insmod') {
		open my $f, '<', $arg[0] or die "$arg[0]: $!\n";
		my $params = '';
		fail_nth($_[0]);
		# finit_module
		return syscall(313, fileno $f, $params, 0) == 0;
	}
	if ($what eq 'write') {
		my $f;
		open $f, '>', $arg[1] or die "$arg[1]: $!\n";
		fail_nth($_[0]);
		return defined syswrite $f, $arg[0];
	}
	fail_nth($_[0]);
	return $what eq 'mkdir' ? mkdir $arg[0] : symlink $arg[0], $arg[1];
}

for (my $n = 1; ; $n += $n < 40 ? 1 : $step) {
	my $ok = act($n);
	my $err = $!;
	my $left = left();

	fail_nth(0);
	if ($ok) {
		system($undo) == 0 or die "$name: allocation $n failed, the action did not; undo: $?\n";
		if ($left) {
			print "$name: $failed errors, $survived times it did without, ", $n - $left, " allocations\n";
			exit !($failed + $survived);
		}
		$survived++;
	} else {
		die "$name: fails without a failed allocation: $err\n" if $left;
		$failed++;
	}
	die "$name: no end\n" if $n > 5000;
}
PERL

need on primary -t 900 '
[ -e /proc/self/fail-nth ] || { echo "this kernel injects no faults"; exit 4; }
for f in failslab fail_page_alloc; do
	d=/sys/kernel/debug/$f
	echo N > $d/ignore-gfp-wait && echo 0 > $d/verbose || fail "no $f"
done
echo 0 > /sys/kernel/debug/fail_page_alloc/min-order

sweep() { perl $SHARE/sweep.pl "$@" || fail "$1: see above"; }

modprobe brd rd_nr=2 rd_size=65536 && modprobe -a configfs libfc libcrc32c target_core_mod scsi_mod sd_mod fcoe target_core_iblock
sweep "load core" "insmod $KO/pprc_core.ko" "rmmod pprc_core"
insmod $KO/pprc_core.ko
sweep "load secondary" "insmod $KO/pprc_secondary.ko" "rmmod pprc_secondary"
sweep "load primary" "insmod $KO/pprc_primary.ko" "rmmod pprc_primary"
rmmod pprc_core
roles_up || exit 1
store=$(backstore_block store /dev/ram1)
T=$(tpg_of $SW) A=$(tpg_of $SW)/acls/$(wwpn_colon $PW)
mkdir $LIO/pprc 2> /dev/null
sweep "make the port" "mkdir ${T%/*}" "rmdir ${T%/*}"
mkdir ${T%/*}
sweep "make the TPG" "mkdir $T" "rmdir $T"
mkdir $T; echo 1 > $T/enable
sweep "make the LUN" "mkdir $T/lun/lun_0" "rmdir $T/lun/lun_0"
mkdir $T/lun/lun_0
sweep "map the backstore" "symlink $store $T/lun/lun_0/store" "rm $T/lun/lun_0/store"
ln -s $store $T/lun/lun_0/store
sweep "make the ACL" "mkdir $A" "rmdir $A"
mkdir $A $A/lun_0
sweep "map the LUN" "symlink $T/lun/lun_0 $A/lun_0/map" "rm $A/lun_0/map"
ln -s $T/lun/lun_0 $A/lun_0/map
P=$PAIRS/p0
sweep "make the pair" "mkdir $P" "rmdir $P"
mkdir $P
sweep "name the device" "write /dev/ram0 $P/device" true
pair_set p0 device=/dev/ram0 secondary_wwpn=$SW secondary_lun=0 slots=8 assume_equal=1 connect_timeout_ms=20000
STEP=23 sweep "enable the pair" "write 1 $P/enable" "for i in 1 2 3 4 5 6 7 8 9 10; do echo 0 > $P/enable && break; sleep 0.2; done; echo 1 > $P/assume_equal"
rmdir $P'

# Exchanges and frames: every tenth of them cannot be had, while the pair is
# written to, lost and made again.
need on primary -t 600 '
D=$(pair_up p0 /dev/ram0 $SW 0 connect_timeout_ms=60000) || fail "no pair"
d=/sys/kernel/debug/failslab
echo 1 > $d/cache-filter && echo 10 > $d/probability && echo -1 > $d/times || fail "no cache filter"
for c in pri_xchg skbuff_head_cache skbuff_fclone_cache; do
	what=$c
	echo 1 > /sys/kernel/slab/$c/failslab || fail "no cache $c"
	fio --name=w --filename=$D --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=8 --ioengine=libaio \
		--direct=1 --size=2m --max_latency=$((30 * ${PPRC_SLOW%.*}))s --output-format=terse > /tmp/fio 2>&1 ||
		fail "$c: host writes fail: $(cat /tmp/fio)"
	put suspend $PAIRS/p0/action 2> /dev/null
	put 1 $PAIRS/p0/assume_equal
	timeout 100 bash -c "echo resume > $PAIRS/p0/action" 2> /dev/null
	echo 1 > /sys/class/fc_host/$(fcoe_host va)/issue_lip
	dd if=/dev/zero of=$D bs=64k count=4 oflag=direct status=none || fail "$c: a host write fails"
	echo 0 > /sys/kernel/slab/$c/failslab
	echo "$c: p0 is $(pair_get p0 state) ($(pair_get p0 reason))"
done
echo 0 > $d/probability
# Without faults everything works again.
put suspend $PAIRS/p0/action 2> /dev/null
dd if=/dev/ram0 of=/dev/ram1 bs=1M iflag=direct oflag=direct status=none
wait_for 100 "put 1 $PAIRS/p0/assume_equal && put resume $PAIRS/p0/action 2> /dev/null" || fail "not resumed: $(dmesg | tail -n 3)"
n=$(pair_stat p0 local_writes)
dd if=/dev/urandom of=$D bs=64k count=16 oflag=direct status=none
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex $n" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
roles_down'
