# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# PPRC in a guest: loading the modules, a secondary's LIO tree, a primary's
# pairs. Sourced by the agent after guest-lib.sh.

CFG=/sys/kernel/config
LIO=$CFG/target
PAIRS=$CFG/pprc/primary

# pprc_load MODULE...: core, primary, secondary; what they need comes first
pprc_load()
{
	local m

	modprobe -a configfs libfc libcrc32c target_core_mod scsi_mod sd_mod ||
		return 1
	mountpoint -q "$CFG" || mount -t configfs c "$CFG"
	for m; do
		grep -q "^pprc_$m " /proc/modules ||
			insmod "$KO/pprc_$m.ko" || return 1
	done
}

# pprc_unload: everything of ours that is loaded
pprc_unload()
{
	local m

	# LIO keeps a fabric's module as long as its folder is there.
	[ ! -d "$LIO/pprc" ] || rmdir "$LIO/pprc" || return 1
	for m in primary secondary core; do
		grep -q "^pprc_$m " /proc/modules || continue
		rmmod "pprc_$m" || return 1
	done
}

# backstore_block NAME DEVICE: an iblock backstore; prints its folder
backstore_block()
{
	local d=$LIO/core/iblock_0/$1

	modprobe target_core_iblock && mkdir -p "$d" &&
	echo "udev_path=$2" > "$d/control" && echo 1 > "$d/enable" || return 1
	echo "$d"
}

# backstore_file NAME FILE BYTES: a fileio backstore; prints its folder
backstore_file()
{
	local d=$LIO/core/fileio_0/$1

	modprobe target_core_file && mkdir -p "$d" &&
	echo "fd_dev_name=$2,fd_dev_size=$3,fd_buffered_io=1" > "$d/control" &&
	echo 1 > "$d/enable" || return 1
	echo "$d"
}

# backstore_drop NAME
backstore_drop()
{
	local d

	for d in "$LIO"/core/*_0/"$1"; do
		[ ! -d "$d" ] || rmdir "$d"
	done
}

tpg_of()
{
	echo "$LIO/pprc/$(wwpn_colon "$1")/tpgt_1"
}

# sec_tpg WWPN [GAP_US]: make and enable the TPG of a local port.  Without a wire
# that loses frames, a report of missing ones would only tell how late an
# emulated CPU is.
sec_tpg()
{
	local tpg

	tpg=$(tpg_of "$1")
	mkdir -p "$tpg" && echo "${2:-0}" > "$tpg/attrib/gap_us" &&
		scaled 8000 > "$tpg/attrib/destage_limit_ms" && echo 1 > "$tpg/enable"
}

# sec_lun WWPN LUN BACKSTORE_FOLDER
sec_lun()
{
	local l

	l=$(tpg_of "$1")/lun/lun_$2
	mkdir -p "$l" && ln -s "$3" "$l/store"
}

# sec_acl WWPN PRIMARY_WWPN LUN...: let a primary have these LUNs
sec_acl()
{
	local tpg acl lun

	tpg=$(tpg_of "$1") acl=$tpg/acls/$(wwpn_colon "$2")
	shift 2
	mkdir -p "$acl"
	for lun; do
		mkdir -p "$acl/lun_$lun" &&
		ln -s "$tpg/lun/lun_$lun" "$acl/lun_$lun/map" || return 1
	done
}

# sec_drop WWPN: take a port's whole tree away
sec_drop()
{
	local tpg l

	tpg=$(tpg_of "$1")
	[ -d "$tpg" ] || return 0
	echo 0 > "$tpg/enable"
	for l in "$tpg"/acls/*/lun_*; do
		[ ! -d "$l" ] || { rm "$l/map"; rmdir "$l"; }
	done
	for l in "$tpg"/acls/*; do
		[ ! -d "$l" ] || rmdir "$l"
	done
	for l in "$tpg"/lun/lun_*; do
		[ ! -d "$l" ] || { rm "$l/store"; rmdir "$l"; }
	done
	rmdir "$tpg" "${tpg%/*}"
}

# sec_stat WWPN COUNTER: sum over the sessions of a port
sec_stat()
{
	awk -v key="$2" '{ for (i = 1; i < NF; i++)
			if ($i == key) sum += $(i + 1) }
			END { print sum + 0 }' "$(tpg_of "$1")/attrib/sessions"
}

# pair_set NAME ATTRIBUTE=VALUE...
pair_set()
{
	local name=$1 a

	shift
	mkdir -p "$PAIRS/$name" || return 1
	for a; do
		echo "${a#*=}" > "$PAIRS/$name/${a%%=*}" || return 1
	done
}

# pair_get NAME ATTRIBUTE
pair_get()
{
	local text

	# An attribute has no zero byte, so all of it is read.
	IFS= read -rd '' text < "$PAIRS/$1/$2" || [ -n "$text" ] || [ -e "$PAIRS/$1/$2" ] || return 1
	printf %s "$text"
}

# pair_is NAME ATTRIBUTE PATTERN: the first line of its value matches; starts
# no process
pair_is()
{
	local text=

	{ IFS= read -r text < "$PAIRS/$1/$2"; } 2> /dev/null || [ -n "$text" ] || return 1
	# shellcheck disable=SC2053	# a pattern
	[[ $text = $3 ]]
}

# counted FILE NAME: of lines with a name and a number; sets COUNTED, starts no
# process
counted()
{
	local key value

	COUNTED=
	while read -r key value; do
		[ "$key" != "$2" ] || COUNTED=$value
	done < "$1"
	[ -n "$COUNTED" ]
}

# counter FILE NAME: the same, printed
counter()
{
	counted "$@" && echo "$COUNTED"
}

# pair_stat NAME COUNTER, session_stat NAME COUNTER: of the pair; of its session
pair_stat() { counter "$PAIRS/$1/stats" "$2"; }
session_stat() { counter "$PAIRS/$1/session_stats" "$2"; }

# pair_up NAME DEVICE SECONDARY_WWPN LUN [ATTRIBUTE=VALUE...]: establish a
# pair of equal volumes; prints /dev/sdX. An emulated host that is busy is late
# often enough to be asked for answers; tests that count exchanges would count
# that, so it is for those to say so which want it.
pair_up()
{
	local name=$1 dev=$2 wwpn=$3 lun=$4 disk

	shift 4
	# A slow guest is no broken cable.
	pair_set "$name" device="$dev" secondary_wwpn="$wwpn" \
		secondary_lun="$lun" timeout_ms="$(scaled 5000)" \
		liveness_ms="$(scaled 3000)" query_min_ms="$(scaled 2000)" \
		"$@" assume_equal=1 enable=1 || return 1
	wait_for 10 "[ -n \"\$(pair_get $name disk)\" ]" || return 1
	disk=/dev/$(pair_get "$name" disk)
	# Its node comes before its link in /sys/block.
	wait_for 10 "[ -b $disk ] && [ -w /sys/block/${disk#/dev/}/device/timeout ]" || return 1
	scaled 30 > "/sys/block/${disk#/dev/}/device/timeout"
	echo "$disk"
}

# pair_down NAME
pair_down()
{
	echo 0 > "$PAIRS/$1/enable" && rmdir "$PAIRS/$1"
}

# dump_log: what the kernel said, for a report
dump_log()
{
	dmesg | tail -n "${1:-40}"
}

# Both roles in one guest: FCoE on each end of a veth pair. PW and SW are the
# WWPNs of the primary's and of the secondary's port.
PW=200002000000000a
SW=200002000000000b

# roles_cable PRIMARY_IF SECONDARY_IF PRIMARY_MAC SECONDARY_MAC SECONDARY_WWPN: a
# veth with FCoE on both ends, which log in to each other
roles_cable()
{
	local job

	veth_pair "$1" "$2" "$3" "$4" || return 1
	fcoe_up "$1" > /dev/null &
	job=$!
	fcoe_up "$2" > /dev/null && wait $job || return 1
	wait_for 20 "grep -qs 0x$5 /sys/class/fc_remote_ports/*/port_name"
}

# roles_up: modules, the cable, and two equal RAM disks of 64 MiB
roles_up()
{
	modprobe brd rd_nr=2 rd_size=65536 &&
	pprc_load core secondary primary &&
	roles_cable va vb 02:00:00:00:00:0a 02:00:00:00:00:0b $SW
}

# roles_store: RAM disk 1 as LUN 0 of the secondary, for the primary
roles_store()
{
	local store

	store=$(backstore_block store /dev/ram1) &&
	sec_tpg $SW && sec_lun $SW 0 "$store" && sec_acl $SW $PW 0
}

# roles_down: all of it; fails when something is left
roles_down()
{
	local p

	for p in "$PAIRS"/*/; do
		[ ! -d "$p" ] || rmdir "$p" || return 1
	done
	sec_drop $SW && backstore_drop store || return 1
	fcoe_down va
	fcoe_down vb
	ip link del va
	pprc_unload && rmmod brd
}

# disk_sum DEVICE: of what the device holds; while somebody has it open the
# page cache may keep what it held before
disk_sum()
{
	dd if="$1" bs=1M iflag=direct status=none | md5sum
}

# disks_equal DEVICE DEVICE
disks_equal()
{
	[ "$(disk_sum "$1")" = "$(disk_sum "$2")" ]
}

# refused ERRNO 'SENTENCE' COMMAND...: the command fails with this errno text,
# and the log gets a line that matches the sentence
refused()
{
	local errno=$1 sentence=$2 out

	shift 2
	dmesg -C
	if out=$(LC_ALL=C "$@" 2>&1); then
		fail "not refused: $*"
	fi
	[[ $out = *"$errno"* ]] || fail "$*: $out, not $errno"
	dmesg | grep -qE "$sentence" ||
		fail "$*: the log does not say '$sentence': $(dmesg | tail -n 3)"
}

# pair_resume NAME: the operator vouches for equal volumes
pair_resume()
{
	put 1 "$PAIRS/$1/assume_equal" && put resume "$PAIRS/$1/action"
}

# put VALUE FILE: write an attribute in one go, for refused
put()
{
	# On its own: what bash could not write it would try to write again.
	( printf '%s\n' "$1" > "$2" )
}
