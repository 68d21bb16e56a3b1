# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 13-flush-and-fua: SYNCHRONIZE CACHE and FUA flush both disks before they are answered, plain writes flush none
# lab: pair
# time: 20
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

# shellcheck disable=SC2119
duo_up

# Flush requests a guest's disk has completed; virtio-blk has a write-back
# cache and no FUA, so every FUA write ends in one, too.
flushes()
{
	on "$1" 'set -- $(cat /sys/block/$(basename $(disk data))/stat); echo ${16}'
}

# step WHAT EXPECTED COMMAND: how many flushes each disk gets by it
step()
{
	local p s what=$1 want=$2

	shift 2
	p=$(flushes primary) s=$(flushes secondary)
	need on primary "$*"
	p=$(($(flushes primary) - p)) s=$(($(flushes secondary) - s))
	case $want in
	none)	[ $p$s = 00 ] ;;
	both)	[ $p -ge 1 ] && [ $s -ge 1 ] ;;
	esac || fail "$what: $p flushes on the primary, $s on the secondary"
	echo "$what: $p $s"
}

need on primary 'head -c 65536 /dev/urandom > /tmp/in'
write="sg_dd if=/tmp/in of=$DISK blk_sgio=1 bs=512 bpt=128 count=128"
step "plain write" none "$write seek=0"
step "FUA write" both "$write seek=1024 oflag=fua"
step "SYNCHRONIZE CACHE(10)" both "sg_sync $DISK"
step "SYNCHRONIZE CACHE(16)" both "sg_sync --16 $DISK"
step "O_SYNC write" both "dd if=/tmp/in of=$DISK bs=4k count=1 seek=4096 oflag=direct,dsync status=none"
duo_mirrored

[ "$(on secondary "sec_stat $DSW flushes")" -ge 3 ] || fail "flushes were not counted"
duo_equal
duo_down
