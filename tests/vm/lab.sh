# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The lab: QEMU guests on one Ethernet cable.  To be sourced.
#
#   lab_new NAME                 start a lab
#   lab_end                      end it; keeps its folder if something failed
#   lab_fail REASON              record a failure
#   lab_disk GUEST NAME SIZE     a disk, found in the guest by: disk NAME
#   lab_cable GUEST_A GUEST_B    a cable between their eth0; pcap in cable.pcap
#   lab_unplug / lab_plug        pull the cable (frames are lost) / put it back
#   lab_boot GUEST...            boot
#   lab_wait GUEST...            wait until they answer
#   on GUEST [-t SECONDS] TEXT   run shell text; its output, its rc
#                                (124: time is up, 125: the guest is dead)
#   on_bg GUEST [-t S] TEXT      start shell text; prints a job
#   on_wait GUEST JOB [-t S]     wait for the job; its output, its rc
#   lab_cut GUEST                power cut
#   lab_freeze, lab_thaw GUEST   stop its CPUs, let them go on
#   lab_off GUEST                orderly power off
#   lab_alive GUEST
#   lab_mark GUEST               position in its kernel log
#   lab_dirty GUEST [MARK]       what looks like a kernel bug there; rc 1 if any
#   lab_log GUEST [MARK]         its kernel log, warnings and worse
#   lab_leaks GUEST...           memory lost there; debug kernel only
#
# Variables: LAB_KERNEL=6.1|6.12|debug, LAB_CPUS=2, LAB_MEM=1024M, LAB_PCAP=1,
# LAB_SLOW=1 (scales all deadlines), LAB_LIMIT=900 (seconds for the whole
# lab), LAB_KEEP=0, LAB_VERBOSE=0, LAB_ACCEL=auto|tcg|kvm, LAB_APPEND (more
# kernel command line), PPRC_RUN (run folder), PPRC_TMP=/var/tmp.
#
# The folder of the run, LAB_RUN, holds all state, so subshells share it.
# LAB_SHARE in it is /mnt/share in every guest.

LAB_DIR=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
LAB_LIMIT=${LAB_LIMIT:-900} LAB_RUN=
if [ "${LAB_KERNEL:-}" = debug ]; then
	# Emulated, that kernel takes four times as long, and a third of the
	# memory goes into shadows and records.  More would only take kmemleak
	# longer to scan.
	: "${LAB_SLOW:=4}" "${LAB_MEM:=1536M}"
fi
LAB_SLOW=${LAB_SLOW:-1}
# shellcheck source=tests/vm/kernel.sh
. "$LAB_DIR/kernel.sh"
# shellcheck source=tests/vm/lab-qemu.sh
. "$LAB_DIR/lab-qemu.sh"

lab_say()
{
	echo "lab: $*" >&2
}

lab_note()
{
	[ "${LAB_VERBOSE:-0}" = 0 ] || lab_say "$@"
}

# Sleep without a process; nobody ever writes to that pipe.
lab_nap()
{
	local _

	read -r -t "$1" _ <> "$LAB_RUN/never"
	return 0
}

# lab_rest: before another look at something; longer each time, up to a fifth of
# a second.  The caller has a variable "rest", milliseconds, 10 to begin with.  What
# looks often takes from the guests what it waits for.
lab_rest()
{
	local s

	printf -v s '0.%03d' "$rest"
	lab_nap "$s"
	[ "$rest" -ge 200 ] || rest=$((rest + rest / 8 + 1))
}

# lab_ms: now, in milliseconds;  lab_deadline SECONDS: then, scaled
lab_ms()
{
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# lab_over MILLISECONDS: is it that late?  Like all that waits, without a process.
lab_over()
{
	[ $((${EPOCHREALTIME/[.,]/} / 1000)) -ge "$1" ]
}

lab_scale()
{
	case $1,$LAB_SLOW in
	*[!0-9,]*)	awk -v s="$1" -v f="$LAB_SLOW" 'BEGIN { printf "%d\n", s * f + 0.5 }' ;;
	*)		echo $((10#$1 * LAB_SLOW)) ;;
	esac
}

lab_deadline()
{
	echo $(($(lab_ms) + $(lab_scale "$1") * 1000))
}

lab_fail()
{
	echo "$*" >> "$LAB_RUN/failed"
	lab_say "FAILED: $*"
}

lab_new()
{
	local name=$1

	if [ -n "${PPRC_RUN:-}" ]; then
		LAB_RUN=$PPRC_RUN/$name
		mkdir -p "$PPRC_RUN" && mkdir "$LAB_RUN" || return 1
	else
		mkdir -p "${PPRC_TMP:=/var/tmp}"
		LAB_RUN=$(mktemp -d "$PPRC_TMP/pprc-$name.XXXXXX") || return 1
	fi
	LAB_RUN=$(realpath "$LAB_RUN")
	# A unix socket's path has 107 characters at most.
	if [ ${#LAB_RUN} -gt 80 ]; then
		lab_say "the run folder's name is too long: $LAB_RUN"
		return 1
	fi
	LAB_SHARE=$LAB_RUN/share
	mkdir -p "$LAB_SHARE/cmd"
	mkfifo "$LAB_RUN/never"
	trap lab_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	kernel_get "${LAB_KERNEL:-6.1}" || return
	"$LAB_DIR/initramfs.sh" "$KREL" "$KMODDIR" "$LAB_RUN/initramfs.cpio" || {
		lab_fail "no initial file system"
		return 1
	}
	mkdir "$LAB_SHARE/fio"
	"$LAB_DIR/fio-light.sh" "$LAB_SHARE/fio" || {
		lab_note "fio starts with all its libraries"
		rm -rf "$LAB_SHARE/fio"
	}
	lab_watchdog
	lab_note "$LAB_RUN, kernel $KREL"
}

# Ends all guests when the lab has used up its time, even if the script that
# made the lab is stuck or gone.
lab_watchdog()
{
	(
		trap - EXIT INT TERM HUP
		lab_nap "$LAB_LIMIT"
		echo "the time limit of $LAB_LIMIT s is used up" >> "$LAB_RUN/failed"
		touch "$LAB_RUN/limit"
		lab_say "the time limit of $LAB_LIMIT s is used up: ending $LAB_RUN"
		lab_kill_all
	) < /dev/null > /dev/null &
	LAB_WATCHDOG=$!
	disown $LAB_WATCHDOG
}

lab_end()
{
	local rc=$? guest

	trap - EXIT
	[ -n "$LAB_RUN" ] && [ -d "$LAB_RUN" ] || return $rc
	if [ -e "$LAB_RUN/failed" ]; then
		for guest in $(lab_guests); do
			[ ! -e "$LAB_RUN/$guest.frozen" ] || lab_thaw "$guest"
			lab_alive "$guest" &&
				on "$guest" -t 10 dmesg > "$LAB_RUN/$guest.dmesg" 2>&1
		done
	fi
	[ -n "${LAB_WATCHDOG:-}" ] && kill "$LAB_WATCHDOG" 2>/dev/null
	lab_kill_all
	if [ -e "$LAB_RUN/failed" ]; then
		lab_say "failed; everything about it is in $LAB_RUN"
	elif [ "${LAB_KEEP:-0}" != 0 ]; then
		lab_say "kept: $LAB_RUN"
	else
		rm -rf "$LAB_RUN"
	fi
	LAB_RUN='' LAB_WATCHDOG=''
	return $rc
}

# lab_send GUEST SECONDS TEXT: hand a command to the agent; sets LAB_JOB
lab_send()
{
	local guest=$1

	LAB_JOB=${EPOCHREALTIME/[.,]/}-$BASHPID
	lab_alive "$guest" || {
		lab_say "$guest is not running"
		return 125
	}
	printf '%s\n' "$3" > "$LAB_SHARE/cmd/$guest.$LAB_JOB.sh"
	lab_note "on $guest: ${3%%$'\n'*}"
	# Opened both ways, so that it does not block when QEMU has just died.
	echo "$LAB_JOB $2" 1<> "$LAB_RUN/$guest.verdict.in"
}

# lab_await GUEST JOB MILLISECONDS: until the agent has answered; its rc
lab_await()
{
	local guest=$1 job=$2 end=$3 fd line='' part rc=124 polls=0 rest=10

	exec {fd}< "$LAB_RUN/$guest.verdict.out"
	while :; do
		if read -r part <&"$fd"; then
			line+=$part
			case $line in
			"$job "*)	rc=${line#* }; break ;;
			esac
			line=
			continue
		fi
		# The answer may have been read up to the middle of its line.
		line+=$part
		if ((++polls % 8 == 0)); then
			lab_alive "$guest" || { rc=125; break; }
			if lab_over "$end"; then
				lab_say "$guest does not answer"
				break
			fi
		fi
		lab_rest
	done
	exec {fd}<&-
	[ "$rc" -ne 125 ] || lab_say "$guest died"
	return "$rc"
}

# lab_output GUEST JOB
lab_output()
{
	cat "$LAB_SHARE/cmd/$1.$2.out" 2>/dev/null
}

on()
{
	local guest=$1 limit=60 rc

	shift
	[ "$1" != -t ] || { limit=$2; shift 2; }
	limit=$(lab_scale "$limit")
	lab_send "$guest" "$limit" "$*" || return
	# The agent ends the command; this deadline is for an agent that is stuck.
	lab_await "$guest" "$LAB_JOB" $(($(lab_ms) + (limit + 15) * 1000))
	rc=$?
	lab_output "$guest" "$LAB_JOB"
	return $rc
}

on_bg()
{
	local guest=$1 limit=$LAB_LIMIT

	shift
	[ "$1" != -t ] || { limit=$2; shift 2; }
	lab_send "$guest" "$(lab_scale "$limit")" "$*" || return
	echo "$LAB_JOB"
}

on_wait()
{
	local guest=$1 job=$2 limit=60 rc

	[ "${3:-}" != -t ] || limit=$4
	lab_await "$guest" "$job" "$(lab_deadline "$limit")"
	rc=$?
	lab_output "$guest" "$job"
	return $rc
}

lab_mark()
{
	stat -c %s "$LAB_RUN/$1.serial" 2>/dev/null || echo 0
}

lab_log()
{
	tail -c "+$((${2:-0} + 1))" "$LAB_RUN/$1.serial" 2>/dev/null | tr -d '\r'
}

# Everything the kernel prints when it has found itself at fault.
LAB_BUGS='BUG:|kernel BUG at|WARNING: |WARN_ON|Oops|Call Trace:|Kernel panic'
LAB_BUGS+='|general protection fault|KASAN|KFENCE|KCSAN|UBSAN|kmemleak'
LAB_BUGS+='|possible (circular|recursive|irq lock)|INFO: (possible|suspicious)'
LAB_BUGS+='|inconsistent lock state|bad unlock balance|lock held when returning'
LAB_BUGS+='|suspicious RCU usage|scheduling while atomic|sleeping function called'
LAB_BUGS+='|blocked for more than|hung task|soft lockup|hard LOCKUP|self-detected stall'
LAB_BUGS+='|rcu.*detected stalls|rcu.*kthread starved|refcount_t:|list_(add|del) corruption'
LAB_BUGS+='|ODEBUG|Bad page state|double free|slab.*(corrupt|overwritten|still)'
LAB_BUGS+='|NETDEV WATCHDOG|transmit queue [0-9]+ timed out|workqueue lockup'

lab_dirty()
{
	! lab_log "$@" | grep -E "$LAB_BUGS"
}

# lab_unexpected: those lines that debug-expected-leaks does not name.  What a
# function of ours or of a module that has gone allocated is never expected.
lab_unexpected()
{
	local line

	while read -r line; do
		case $line in
		*pprc_*|*' 0x'*)
			echo "$line"
			;;
		*)
			grep -vE -f <(grep -hv -e '^#' -e '^$' \
				"$LAB_DIR/debug-expected-leaks") <<< "$line"
			;;
		esac
	done
}

# lab_leaks GUEST...: a line for each loss that debug-expected-leaks does not
# name, and when lockdep has given up; only the debug kernel tells
lab_leaks()
{
	local guest job jobs=()

	[ "${LAB_KERNEL:-}" = debug ] || return 0
	cp "$LAB_DIR/lab-leaks.sh" "$LAB_SHARE" || return
	for guest; do
		job=$(on_bg "$guest" -t 120 "bash /mnt/share/lab-leaks.sh")
		jobs+=("$guest $job")
	done
	for job in "${jobs[@]}"; do
		{ on_wait "${job% *}" "${job#* }" -t 120 ||
			echo "no word from kmemleak"; } | sed "s/^/${job% *}: /"
	done | lab_unexpected
}
