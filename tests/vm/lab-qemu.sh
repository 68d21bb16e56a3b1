# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The part of the lab that deals with QEMU; sourced by lab.sh.

LAB_QEMU=qemu-system-x86_64

lab_guests()
{
	local f

	for f in "$LAB_RUN"/*.pid; do
		[ -f "$f" ] || continue
		f=${f##*/}
		[ "$f" = cable.pid ] || echo "${f%.pid}"
	done
}

# lab_alive NAME: is that QEMU still one of this run's?  Sets LAB_PID.  Looked at
# all the time, so it starts no process.
lab_alive()
{
	local args

	[ -f "$LAB_RUN/$1.pid" ] && read -r LAB_PID < "$LAB_RUN/$1.pid" || return 1
	# A process that has ended but has not been waited for has no arguments,
	# and a number that was given away again has different ones.
	mapfile -d '' -t args < "/proc/$LAB_PID/cmdline" || return 1
	[[ "${args[*]}" == *"$LAB_RUN/$1."* ]]
} 2> /dev/null

# lab_pid NAME: its process
lab_pid()
{
	lab_alive "$1" && echo "$LAB_PID"
}

# lab_kill NAME: end that QEMU and wait until it has gone
lab_kill()
{
	local pid

	while pid=$(lab_pid "$1" 2>/dev/null); do
		kill -KILL "$pid" 2>/dev/null
		lab_nap 0.02
	done
	rm -f "$LAB_RUN/$1.pid"
}

lab_kill_all()
{
	local f

	for f in "$LAB_RUN"/*.pid; do
		[ -f "$f" ] || continue
		f=${f##*/}
		lab_kill "${f%.pid}"
	done
}

# lab_pipe NAME: a channel to QEMU.  What goes in is a pipe, opened by QEMU
# both ways and so never at its end; what comes out is a plain file, which any
# number of processes can read at their own pace and which never blocks QEMU.
lab_pipe()
{
	rm -f "$1.in"
	mkfifo "$1.in"
	: > "$1.out"
}

# lab_qemu NAME ARG...: start QEMU in the background
lab_qemu()
{
	local name=$1

	shift
	lab_pipe "$LAB_RUN/$name.qmp"
	# In a session of its own: an interrupt from the terminal ends the
	# script, which then collects what it needs before it ends the guests.
	(
		set +m
		setsid "$LAB_QEMU" -nodefaults -nographic -no-reboot -name "$name" \
			-chardev "pipe,id=qmp,path=$LAB_RUN/$name.qmp" \
			-mon chardev=qmp,mode=control "$@" \
			< /dev/null >> "$LAB_RUN/$name.qemu" 2>&1 &
		echo $! > "$LAB_RUN/$name.pid"
	)
	# Until it has become QEMU it does not look like one of this run's.
	lab_until 2 "lab_alive $name" || true
}

# lab_qmp NAME COMMAND [ARGUMENTS]: returns when QEMU has answered
lab_qmp()
{
	local id=$BASHPID-${EPOCHREALTIME/[.,]/}

	lab_alive "$1" || return 1
	# The first line matters the first time only; from then on it is
	# answered with an error that nobody reads.
	printf '%s\n' '{"execute":"qmp_capabilities"}' \
		"{\"execute\":\"$2\",\"arguments\":${3:-"{}"},\"id\":\"$id\"}" \
		1<> "$LAB_RUN/$1.qmp.in"
	lab_until 5 "grep -q '\"$id\"' $LAB_RUN/$1.qmp.out"
}

# lab_cable A B
#
# The cable is a third QEMU without a machine, a hub with two ports.  Both
# guests connect to it, so each of them can be cut and booted again while the
# other runs: a stream that connects cannot do so a second time, but one that
# listens can.  A stream pushes back when the receiver is slow instead of
# losing frames, as FCoE requires.  The hub sees each frame once.
lab_cable()
{
	local dump=()

	[ "${LAB_PCAP:-1}" = 0 ] ||
		dump=(-object "filter-dump,id=dump,netdev=pa,file=$LAB_RUN/cable.pcap")
	echo "$1 $2" > "$LAB_RUN/cable"
	lab_qemu cable -M none -accel tcg -m 1 \
		-netdev "stream,id=pa,server=on,addr.type=unix,addr.path=$LAB_RUN/$1.net" \
		-netdev "stream,id=pb,server=on,addr.type=unix,addr.path=$LAB_RUN/$2.net" \
		-netdev hubport,id=ha,hubid=0,netdev=pa \
		-netdev hubport,id=hb,hubid=0,netdev=pb "${dump[@]}"
	lab_until 10 "[ -S $LAB_RUN/$1.net ] && [ -S $LAB_RUN/$2.net ]" ||
		{ lab_fail "no cable: $(tail -n 1 "$LAB_RUN/cable.qemu")"; return 1; }
}

# lab_link PORT true|false.  A guest notices nothing but the silence.
lab_link()
{
	lab_qmp cable set_link "{\"name\":\"$1\",\"up\":$2}"
}

lab_unplug()
{
	lab_link ha false && lab_link hb false
}

lab_plug()
{
	lab_link ha true && lab_link hb true
}

# lab_port GUEST: its end of the cable
lab_port()
{
	local a b

	[ -f "$LAB_RUN/cable" ] || return 1
	read -r a b < "$LAB_RUN/cable"
	case $1 in
	"$a")	echo ha ;;
	"$b")	echo hb ;;
	*)	return 1 ;;
	esac
}

# lab_until SECONDS CONDITION
lab_until()
{
	local end rest=10

	end=$(lab_deadline "$1")
	until eval "$2"; do
		! lab_over "$end" || return 1
		lab_rest
	done
}

# lab_disk GUEST NAME SIZE
#
# A power cut ends the process only: what the guest has written is in the
# host's page cache and stays.  So flushes need not reach the host's disk,
# whose delays would be the host's and not the guest's.
lab_disk()
{
	truncate -s "$3" "$LAB_RUN/$1.$2.img" &&
		echo "$2" >> "$LAB_RUN/$1.disks"
}

# lab_accel: kvm if it works here, else tcg.  /dev/kvm may be there and still
# hang every guest, so a guest has to boot with it first.
lab_accel()
{
	case ${LAB_ACCEL:-auto} in
	auto)	;;
	*)	return 0 ;;
	esac
	LAB_ACCEL=tcg
	if [ -w /dev/kvm ]; then
		LAB_ACCEL=kvm
		lab_start kvm-probe
		lab_until 8 'lab_ready kvm-probe || ! lab_alive kvm-probe'
		lab_ready kvm-probe || LAB_ACCEL=tcg
		lab_kill kvm-probe
		rm -f "$LAB_RUN"/kvm-probe.*
	fi
	lab_say "guests run under $LAB_ACCEL"
	export LAB_ACCEL
}

# What the agent says first.
lab_ready()
{
	local word _

	read -r word _ < "$LAB_RUN/$1.verdict.out" && [ "$word" = ready ]
} 2> /dev/null

# lab_clock: what tells a guest its rate of the time stamp counter, if it is known
lab_clock()
{
	[ -f "$LAB_RUN/tsc" ] || {
		gcc -O2 -o "$LAB_RUN/tsc.prog" "$LAB_DIR/tsc.c" && "$LAB_RUN/tsc.prog"
		rm -f "$LAB_RUN/tsc.prog"
	} > "$LAB_RUN/tsc" 2> /dev/null
	sed -n 's/^[0-9][0-9]*$/tsc_early_khz=&/p' "$LAB_RUN/tsc"
}

# lab_start GUEST
lab_start()
{
	local guest=$1 args accel=("tcg,thread=multi") cpu mac name debug='' smp=${LAB_CPUS:-2} clock=''

	# The fast string instructions are emulated byte by byte.
	cpu=max,-erms,-fsrm
	case $LAB_ACCEL in
	kvm)
		accel=(kvm) cpu=max ;;
	icount)
		# One instruction per nanosecond of the guest, and time that
		# jumps while its one CPU has nothing to do.
		accel=(tcg -icount "shift=0,sleep=off") ;;
	esac
	# An interrupt that a busy host is late with is no reason to doubt timers.
	[ "$LAB_ACCEL" != tcg ] || clock="no_timer_check $(lab_clock) "
	# The debug kernel does without ACPI, whose interpreter would double the
	# time it takes to boot.  It finds processors in the BIOS's MP table,
	# which has one for each socket.  One report of KASAN does not hide the
	# next, and a busy host is no soft lockup.  Until there are random
	# numbers, which takes long without help, no pointer is printed.
	if [ "${LAB_KERNEL:-}" = debug ]; then
		debug="acpi=off kasan_multi_shot watchdog_thresh=30 random.trust_cpu=on "
		smp+=,sockets=$smp
	fi
	# shellcheck disable=SC2054	# the commas are QEMU's
	args=(-accel "${accel[@]}" -cpu "$cpu" -m "${LAB_MEM:-1024M}" -smp "$smp"
	      -kernel "$KVMLINUZ" -initrd "$LAB_RUN/initramfs.cpio"
	      -append "console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off tsc=reliable \
pprc.role=$guest pprc.slow=$LAB_SLOW pprc.modules=$KMODDIR $clock$debug${LAB_APPEND:-}"
	      -chardev "file,id=serial,path=$LAB_RUN/$guest.serial,append=on"
	      -serial chardev:serial
	      -device virtio-serial-pci
	      -chardev "pipe,id=verdict,path=$LAB_RUN/$guest.verdict"
	      -device virtserialport,chardev=verdict,name=org.pprc.verdict
	      -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap
	      -device virtio-9p-pci,fsdev=root,mount_tag=root
	      -fsdev "local,id=share,path=$LAB_SHARE,security_model=none"
	      -device virtio-9p-pci,fsdev=share,mount_tag=share)

	mac=
	case $(lab_port "$guest") in
	ha)	mac=52:54:00:00:00:01 ;;
	hb)	mac=52:54:00:00:00:02 ;;
	esac
	[ -z "$mac" ] || args+=(
		-netdev "stream,id=n0,server=off,addr.type=unix,addr.path=$LAB_RUN/$guest.net"
		-device "virtio-net-pci,netdev=n0,mac=$mac,host_mtu=9000,romfile=")
	[ ! -f "$LAB_RUN/$guest.disks" ] || while read -r name; do
		args+=(-drive "file=$LAB_RUN/$guest.$name.img,if=none,id=d-$name,format=raw,cache=${LAB_CACHE:-unsafe}"
		       -device "virtio-blk-pci,drive=d-$name,serial=$name")
	done < "$LAB_RUN/$guest.disks"

	lab_pipe "$LAB_RUN/$guest.verdict"
	lab_ms > "$LAB_RUN/$guest.start"
	lab_mark "$guest" > "$LAB_RUN/$guest.boot"
	echo "pprc: power on" >> "$LAB_RUN/$guest.serial"
	lab_qemu "$guest" "${args[@]}"
}

lab_boot()
{
	local guest

	lab_accel
	for guest; do
		lab_alive "$guest" && { lab_say "$guest is running already"; return 1; }
		lab_note "starting $guest"
		lab_start "$guest"
	done
}

# lab_again GUEST: an emulated machine now and then does not come up, its kernel
# stuck because the host has stopped it for a moment.  That is before any module of
# ours, so it is switched on again; what the log of that attempt says is kept apart.
lab_again()
{
	local from

	lab_say "$1 did not boot, trying again: $(lab_why "$1")"
	from=$(< "$LAB_RUN/$1.boot")
	lab_kill "$1"
	tail -c "+$((from + 1))" "$LAB_RUN/$1.serial" >> "$LAB_RUN/$1.stuck"
	truncate -s "$from" "$LAB_RUN/$1.serial"
	lab_start "$1"
}

# lab_why GUEST: the last words of one that does not boot
lab_why()
{
	{ tail -n 1 "$LAB_RUN/$1.qemu" 2>/dev/null; lab_log "$1" | tail -n 1; } | paste -sd ' '
}

lab_wait()
{
	local guest ms try

	for guest; do
		for try in 1 2 3; do
			lab_until 60 "lab_ready $guest || ! lab_alive $guest"
			lab_ready "$guest" && break
			{ [ $try -eq 3 ] || [ -e "$LAB_RUN/limit" ]; } && break
			lab_again "$guest"
		done
		lab_ready "$guest" || {
			lab_fail "$guest does not boot: $(lab_why "$guest")"
			return 1
		}
		ms=$(($(lab_ms) - $(< "$LAB_RUN/$guest.start")))
		lab_say "booted $guest, kernel $KREL, in $((ms / 1000)).$((ms % 1000 / 100)) s"
	done
}

lab_cut()
{
	local port

	lab_note "power cut: $1"
	lab_kill "$1"
	[ ! -e "$LAB_RUN/$1.frozen" ] || {
		rm -f "$LAB_RUN/$1.frozen"
		port=$(lab_port "$1") && lab_link "$port" true
	}
}

# A frozen guest takes nothing from the cable.  Without pulling its end, the
# cable would push back for as long as it is frozen and stop the peer's
# transmit queue, whose watchdog calls that a bug.
lab_freeze()
{
	local port

	port=$(lab_port "$1") && lab_link "$port" false
	touch "$LAB_RUN/$1.frozen"
	lab_qmp "$1" stop || kill -STOP "$(lab_pid "$1")"
}

lab_thaw()
{
	local port

	kill -CONT "$(lab_pid "$1")"
	lab_qmp "$1" cont
	port=$(lab_port "$1") && lab_link "$port" true
	rm -f "$LAB_RUN/$1.frozen"
}

lab_off()
{
	on "$1" 'sync; umount -a -t ext4,xfs; (sleep 0.2; busybox poweroff -f) > /dev/null &' ||
		return
	lab_until 20 "! lab_alive $1" || {
		lab_fail "$1 does not power off"
		return 1
	}
	rm -f "$LAB_RUN/$1.pid"
}
