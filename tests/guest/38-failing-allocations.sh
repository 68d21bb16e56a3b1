# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 38-failing-allocations: wherever memory can be refused, from the loading of the modules to the end of a pair, the outcome is an error, a suspension or a repetition, never an oops, a leak or a hang, and it works when memory is back
# lab: one
# time: 100
# long-time: 500
# debug: yes
#
# One place in THIN (6), with LONG=1 all of them; FAIL_SEED, which is printed,
# says which.
#
# Two ways.  What a process does by itself is done again and again, with the
# first, second, ... allocation of the system call failing.  What works and
# interrupts do is traced first: each place in the modules that was in the stack
# of an allocation then fails on its own, and after that one in ten of all.
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

thin=${THIN:-6} seed=${FAIL_SEED:-$(($(date +%s) % 100000))}
[ "${LONG:-0}" = 0 ] || thin=${THIN:-1}
echo "FAIL_SEED=$seed, one place in $thin"

expects_log '^pprc_(primary|secondary|core): ' 'callbacks suppressed$' \
	'^(scsi|sd) [0-9:]+: ' '^scsi \(null\): target device_add failed' '^kobject: ' '^kobject_(add_internal|create_and_add|init_and_add)(:| failed)' '^Could not create tracefs ' '^SCSI: ' \
	'^scsi_alloc_(sdev|target): [aA]llocation failure' '^kmemleak: Cannot allocate a scan area' \
	'^(Unable to|Could not|Cannot) (allocate|create|get) ' '^core_dev_add_lun\(\) failed: -12$' '^target_register_template: could not allocate memory!$'
expects_no_memory

cat > "$LAB_SHARE/sweep.pl" << 'PERL'
use strict;
use warnings;

# sweep.pl PHASE NAME ACTION UNDO: lets the first, second, ... allocation that
# the action makes fail until it makes no more: one in THIN of them, from SEED. ACTION is "insmod FILE", "mkdir
# DIR", "symlink TO LINK" or "write VALUE FILE"; UNDO is a command, run when
# the action has succeeded, FIRST_DO one before each time. With SPAN, only the last so many fail; beyond the
# first FIRST of them only every STEP-th.
my ($phase, $name, $action, $undo) = @ARGV;
my $thin = $ENV{THIN} // 1;
my $step = ($ENV{STEP} // 7) * $thin;
my $first = $ENV{FIRST} // 40;
my ($failed, $survived) = (0, 0);

open my $nth, '+<', '/proc/thread-self/fail-nth' or die "fail-nth: $!\n";

sub fail_nth { syswrite $nth, $_[0] or die "fail-nth: $!\n" }

sub left
{
	my $n = ' ' x 32;

	# pread64: the file does not seek, and opening it anew would allocate
	syscall(17, fileno $nth, $n, 32, 0) > 0 or die "fail-nth: $!\n";
	return $n =~ /^(\d+)/ ? $1 : die "fail-nth: $n\n";
}

sub act
{
	my ($what, @arg) = split ' ', $action;

	!$ENV{FIRST_DO} or system($ENV{FIRST_DO}) == 0 or die "fail: $ENV{FIRST_DO}: $?\n";
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

# The injectors count downwards.
sub remaining
{
	open my $f, '<', "/sys/kernel/debug/$_[0]/times" or die "$_[0]: $!\n";
	return 0 + <$f>;
}

sub undo
{
	system($undo) == 0 or
		die "fail: $name: $_[0]; it cannot be undone: $?\n";
}

my %before = map { $_ => remaining($_) } qw(failslab fail_page_alloc);
act(1000000) or die "fail: $name: $!\n";
my $total = 1000000 - left();
fail_nth(0);
undo('done without a fault');
my $start = $ENV{SPAN} && $ENV{SPAN} < $total ? $total - $ENV{SPAN} + 1 : 1;
for (my $n = $start + ($ENV{SEED} // 0) % $thin; ; $n += $n < $start + $first ? $thin : $step) {
	my $ok = act($n);
	my $err = $!;
	my $left = left();

	fail_nth(0);
	if (!$ok) {
		die "fail: $name: fails without a failed allocation: $err\n" if $left;
		$failed++;
	} else {
		undo("done although allocation $n has failed");
		last if $left;
		$survived++;
	}
	die "fail: $name: no end after $n\n" if $n > $total + 1000;
}
print "$name: $total allocations, $failed errors, $survived times done without\n";
for (sort keys %before) {
	my $hits = $before{$_} - remaining($_);
	print "hits: $phase $_ $hits\n" if $hits;
}
PERL

cat > "$LAB_SHARE/sites.pl" << 'PERL'
use strict;
use warnings;

require $0 =~ s/[^\/]*$/stacks.pl/r;

# sites.pl PHASE < TRACE: each place of ours from which memory was asked for,
# as "PHASE INJECTOR ADDRESS FUNCTION": the innermost of ours in each stack.
my ($phase) = @ARGV;
my %sites;

sub allocation
{
	my ($of, @stack) = @_;

	for (@stack) {
		next if !/^(\S+) \[(pprc_\w+)\] <([0-9a-f]+)>/;
		$sites{($of eq 'mm_page_alloc' ? 'fail_page_alloc' : 'failslab') . " 0x$3 $1"}++;
		last;
	}
}

stacks::each_stack(\*STDIN, \&allocation);
print "$phase $_\n" for sort keys %sites;
PERL

cat > "$LAB_SHARE/undo.sh" << 'EOG'
. /pprc/guest-lib.sh
. /pprc/guest-pprc.sh
. $SHARE/fail.sh
what="enable the pair"
off
EOG

cat > "$LAB_SHARE/fail.sh" << 'EOG'
F=/sys/kernel/debug
T=$(tpg_of $SW) A=$(tpg_of $SW)/acls/$(wwpn_colon $PW) P=$PAIRS/p0
MANY=1000000
NEEDED="load.failslab config.failslab login.failslab login.fail_page_alloc data.failslab"
NEEDED="$NEEDED teardown.failslab pieces.failslab storm.failslab storm.fail_page_alloc"

faults_ready()
{
	local f

	for f in failslab fail_page_alloc; do
		echo N > $F/$f/ignore-gfp-wait && echo 0 > $F/$f/verbose && echo 32 > $F/$f/stacktrace-depth &&
		echo 0 > $F/$f/probability && echo $MANY > $F/$f/times || fail "no $f"
	done
	echo 0 > $F/fail_page_alloc/min-order
}

# faults INJECTOR PERCENT TIMES FROM BYTES: below the functions there
faults()
{
	echo 0 > $F/$1/probability
	[ "${5:-0}" -gt 0 ] && echo $4 > $F/$1/require-start &&
		printf '0x%x\n' $(($4 + $5)) > $F/$1/require-end || fail "$what: no filter from $4"
	echo $3 > $F/$1/times
	echo $2 > $F/$1/probability
}

faults_off() { echo 0 > $F/$1/probability; }

# Lines "hits: PHASE INJECTOR NUMBER ..." are kept for kinds.
sweep()
{
	local rc

	perl $SHARE/sweep.pl "$@" > /tmp/sweep 2>&1
	rc=$?
	tee -a /tmp/hits < /tmp/sweep
	[ $rc -eq 0 ] || fail "$2: see above"
}

# kinds: so much was refused of each kind in NEEDED; never nothing.  Slabs ask
# for pages when they are empty only, so not each place that may ask does.
kinds()
{
	local kind n

	for kind in $NEEDED; do
		n=$(hits_of ${kind%.*} ${kind#*.})
		echo "$kind: $n allocations refused"
		[ $n -gt 0 ] || fail "nothing was refused: $kind"
	done
}

# learn PHASE COMMAND...: adds its places to /tmp/sites
learn()
{
	local phase=$1 t=/sys/kernel/tracing

	shift
	echo > $t/trace
	echo 1 > $t/tracing_on
	"$@"
	echo 0 > $t/tracing_on
	[ "$(awk '/overrun/ { n += $2 } END { print n + 0 }' $t/per_cpu/cpu*/stats)" = 0 ] ||
		fail "$phase: events of the trace are lost"
	perl $SHARE/sites.pl $phase < $t/trace >> /tmp/sites
}

learn_begin()
{
	local e t=/sys/kernel/tracing

	mountpoint -q $t || mount -t tracefs t $t
	cd $t && echo 0 > tracing_on && echo 32768 > buffer_size_kb && echo nop > current_tracer &&
	echo 1 > options/stacktrace && echo 1 > options/sym-offset && echo 1 > options/sym-addr || fail "no tracefs"
	for e in kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node mm_page_alloc; do
		[ ! -d events/kmem/$e ] || echo 1 > events/kmem/$e/enable
	done
	cd /
	: > /tmp/sites
}

learn_end()
{
	(
		cd /sys/kernel/tracing && echo 0 > events/enable && echo 0 > options/stacktrace &&
		echo 0 > options/sym-offset && echo 0 > options/sym-addr && echo > trace && echo 1408 > buffer_size_kb
	)
}

target_up() { sec_tpg $SW && sec_lun $SW 0 $LIO/core/iblock_0/store && sec_acl $SW $PW 0; }

enable()
{
	put 1 $P/assume_equal && timeout 100 bash -c "echo 1 > $P/enable" 2> /dev/null
}

# up: the pair is there, whatever that takes now that there is memory again
up()
{
	[ "$(cat $P/enable)" = 1 ] || wait_for 40 enable || fail "$what: not enabled: $(dmesg | tail -n 3)"
	D=/dev/$(pair_get p0 disk)
	wait_for 10 "[ -b $D ]" || fail "$what: no disk"
	[ "$(pair_get p0 state)" = full-duplex ] ||
		wait_for 40 'put 1 $P/assume_equal && put resume $P/action 2> /dev/null' ||
		fail "$what: not resumed: $(pair_get p0 session): $(dmesg | tail -n 3)"
}

# off: taking things away needs no memory
off()
{
	wait_for 10 'timeout 60 bash -c "echo 0 > $P/enable" 2> /dev/null' || fail "$what: the pair stays: $(dmesg | tail -n 2)"
}

write_some()
{
	dd if=/dev/urandom of=$D bs=4k count=2 oflag=direct,sync status=none &&
	dd if=/dev/urandom of=$D bs=64k count=2 oflag=direct status=none || fail "$what: a host write fails"
}

# What is done in each phase, and what has to be there before and after.
do_login()	{ enable; }
do_data()	{ write_some; }
do_teardown()	{ off; sec_drop $SW || fail "$what: the target stays"; }
to_login()	{ [ -d $T ] || target_up || fail "$what: no target"; [ "$(cat $P/enable)" = 0 ] || off; }
to_data()	{ [ -d $T ] || target_up || fail "$what: no target"; up; }
to_teardown()	{ to_data; }

# hits_of PHASE INJECTOR: how many allocations were refused so far
hits_of() { awk -v p=$1 -v f=$2 '$1 == "hits:" && $2 == p && $3 == f { n += $4 } END { print n + 0 }' /tmp/hits; }

# sites: each of /tmp/sites fails once; of those of a phase and an injector one in
# THIN, if they are more than that.  A place that was picked may ask for nothing
# this time, so where a kind of NEEDED was not hit at all, its others follow.
sites()
{
	local picked phase f addr name start

	sort -u /tmp/sites | awk -v thin=$THIN -v seed=$SEED '
		{ k = $1 " " $2; line[k, n[k]++] = $0 }
		END { for (k in n) {
			step = n[k] <= thin ? 1 : thin
			for (i = 0; i < n[k]; i++)
				print (i % step == seed % step ? "0picked" : "1other"), line[k, i]
		} }' | sort > /tmp/sites.sorted
	echo "$(wc -l < /tmp/sites.sorted) places, $(grep -c ^0 /tmp/sites.sorted) of them fail"
	while read -r picked phase f addr name <&3; do
		if [ $picked = 1other ]; then
			[[ " $NEEDED " == *" $phase.$f "* && "$(hits_of $phase $f)" = 0 ]] || continue
		fi
		what="$phase, $f in $name" start=$SECONDS
		to_$phase
		faults $f 100 1 $addr 1
		do_$phase
		wait_for 0.2 '[ "$(cat $F/$f/times)" = 0 ]' && left=0 || left=1
		faults_off $f
		echo "hits: $phase $f $((1 - left)) $name, p0 is $(pair_get p0 state) ($(pair_get p0 reason)), $((SECONDS - start)) s" | tee -a /tmp/hits
	done 3< /tmp/sites.sorted
	what="after all"
	to_data
	write_some
}

# pieces: fcoe has no memory to join the pieces in which data frames arrive, and
# they are none the worse
pieces()
{
	local size from before n

	what="frames in pieces"
	to_data
	before="full-duplex $(pair_stat p0 local_writes) $(sec_stat $SW bad_crc) $(session_stat p0 resends)"
	awk '$1 == "fcoe" { print $2, $6 }' /proc/modules > /tmp/range
	read -r size from < /tmp/range
	faults failslab 100 $MANY $from $size
	write_some
	n=$((MANY - $(cat $F/failslab/times)))
	faults_off failslab
	echo "hits: pieces failslab $n below fcoe, then p0 is $(pair_get p0 state)" | tee -a /tmp/hits
	[ "$(pair_get p0 state) $(pair_stat p0 local_writes) $(sec_stat $SW bad_crc) $(session_stat p0 resends)" = "$before" ] ||
		fail "$what: $(pair_get p0 reason), bad_crc $(sec_stat $SW bad_crc), resends $(session_stat p0 resends), before: $before"
}

# storm: of all that is asked for below a module, one in ten is refused
storm()
{
	local f m from size

	for f in failslab fail_page_alloc; do
		for m in core secondary primary; do
			[ $THIN = 1 ] || [ $f = failslab ] || [ $m = primary ] || continue
			what="storm, $f in $m"
			to_data
			awk -v m=pprc_$m '$1 == m { print $2, $6 }' /proc/modules > /tmp/range
			read -r size from < /tmp/range
			faults $f 10 $MANY $from $size
			fio --name=w --filename=$D --rw=randwrite --bsrange=4k-64k --blockalign=4k --iodepth=8 --ioengine=libaio \
				--direct=1 --size=1m --max_latency=$(scaled 30)s --output-format=terse > /tmp/fio 2>&1 ||
				fail "$what: host writes fail: $(cat /tmp/fio)"
			put suspend $P/action 2> /dev/null
			put 1 $P/assume_equal
			timeout 100 bash -c "echo resume > $P/action" 2> /dev/null
			echo 1 > /sys/class/fc_host/$(fcoe_host va)/issue_lip
			write_some
			off
			enable
			faults_off $f
			echo "hits: storm $f $((MANY - $(cat $F/$f/times))) below pprc_$m, then p0 is $(pair_get p0 state)" | tee -a /tmp/hits
		done
	done
}
EOG

need on primary -t 1500 "export THIN=$thin SEED=$seed"'
[ -e /proc/self/fail-nth ] || { echo "this kernel injects no faults"; exit 4; }
. $SHARE/fail.sh
faults_ready
: > /tmp/hits
modprobe brd rd_nr=2 rd_size=65536 && modprobe -a configfs libfc libcrc32c target_core_mod scsi_mod sd_mod fcoe target_core_iblock
mountpoint -q "$CFG" || mount -t configfs c "$CFG"
# In memory: the file system of the share is not on trial.
mkdir -p /tmp/ko && cp $KO/*.ko /tmp/ko && KO=/tmp/ko
# The init function comes last; what the module loader asks for is not on trial.
SPAN=20 sweep load "load core" "insmod $KO/pprc_core.ko" "rmmod pprc_core"
insmod $KO/pprc_core.ko
SPAN=60 FIRST=0 STEP=1 sweep load "load secondary" "insmod $KO/pprc_secondary.ko" "rmmod pprc_secondary"
SPAN=250 FIRST=0 STEP=1 sweep load "load primary" "insmod $KO/pprc_primary.ko" "rmmod pprc_primary"
rmmod pprc_core
roles_up || exit 1
store=$(backstore_block store /dev/ram1)
mkdir $LIO/pprc 2> /dev/null
sweep config "make the port" "mkdir ${T%/*}" "rmdir ${T%/*}"
mkdir ${T%/*}
sweep config "make the TPG" "mkdir $T" "rmdir $T"
mkdir $T; echo 1 > $T/enable
sweep config "make the LUN" "mkdir $T/lun/lun_0" "rmdir $T/lun/lun_0"
mkdir $T/lun/lun_0
sweep config "map the backstore" "symlink $store $T/lun/lun_0/store" "rm $T/lun/lun_0/store"
ln -s $store $T/lun/lun_0/store
sweep config "make the ACL" "mkdir $A" "rmdir $A"
mkdir $A $A/lun_0
sweep config "map the LUN" "symlink $T/lun/lun_0 $A/lun_0/map" "rm $A/lun_0/map"
ln -s $T/lun/lun_0 $A/lun_0/map
sweep config "make the pair" "mkdir $P" "rmdir $P"
mkdir $P
sweep config "name the device" "write /dev/ram0 $P/device" true
pair_set p0 device=/dev/ram0 secondary_wwpn=$SW secondary_lun=0 slots=8 slot_kib=128 assume_equal=1 connect_timeout_ms=20000
what="enable"
FIRST_DO="echo 1 > $P/assume_equal" FIRST=30 STEP=61 sweep config "enable the pair" "write 1 $P/enable" "ROLE=$ROLE bash $SHARE/undo.sh"'

need on primary -t 1500 "export THIN=$thin SEED=$seed"'
. $SHARE/fail.sh
what=learning
learn_begin
learn login enable
up; write_some
learn data write_some
learn teardown do_teardown
learn_end
cut -d " " -f 1,2 /tmp/sites | sort | uniq -c
sites
pieces
storm
for f in failslab fail_page_alloc; do echo 0 > $F/$f/require-start; echo 18446744073709551615 > $F/$f/require-end; done
what="afterwards"
to_login; to_data
put suspend $P/action 2> /dev/null
dd if=/dev/ram0 of=/dev/ram1 bs=1M iflag=direct oflag=direct status=none
put 1 $P/assume_equal && put resume $P/action || fail "not resumed: $(dmesg | tail -n 3)"
n=$(pair_stat p0 local_writes)
write_some
[ "$(pair_get p0 state) $(pair_stat p0 local_writes)" = "full-duplex $n" ] || fail "p0 is $(pair_get p0 state): $(pair_get p0 reason)"
disks_equal /dev/ram0 /dev/ram1 || fail "the copies differ"
roles_down || exit 1
kinds'
