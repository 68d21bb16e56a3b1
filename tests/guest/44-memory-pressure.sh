# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 44-memory-pressure: with hardly any memory free and most of the rest dirty pages of an ext4 on the pair, writing them back ends in bounded time, at worst with a suspended pair; no file is damaged
# lab: one
# time: 70
# long-time: 200
#
# shellcheck source=tests/guest/trouble.sh
# shellcheck disable=SC2016	# what is quoted runs in the guest
. "$TESTS/guest/trouble.sh"

rounds=2
[ "$LAB_KERNEL" != debug ] || rounds=1
[ "${LONG:-0}" = 0 ] || rounds=10
image()
{
	echo "$LAB_RUN/primary.$1.img"
}
for d in data spare; do
	need truncate -s 0 "$(image $d)"
	need truncate -s 1G "$(image $d)"
done
trouble_expected
expects_cut_writes
expects_no_memory
expects_log '^pprc_secondary: port [0-9a-f]+: command f800 refused \(busy\): ' \
	'^pprc_secondary: session [0-9a-f:]+: closing waits for ' \
	'^pprc_primary: pair p0: a (read|write|flush) of [0-9]+ blocks at block [0-9]+ has taken ' \
	'^pprc_primary: pair p0: suspended \((local-error|secondary-error)\): '

need on primary -t 60 'roles_up && store=$(backstore_block store $(disk spare)) &&
	sec_tpg $SW && sec_lun $SW 0 $store && sec_acl $SW $PW 0'
need on primary -t 400 'rounds='$rounds'
D=$(pair_up p0 $(disk data) $SW 0) || fail "no disk: $(dmesg | tail -n 3)"
meminfo() { awk -v k="^($1):" "\$1 ~ k { n += \$2 } END { print int(n / 1024) }" /proc/meminfo; }
scanned() { awk "/^pgscan_(kswapd|direct) / { n += \$2 } END { print n }" /proc/vmstat; }
mkfs.ext4 -q $D && mkdir -p /mnt/p /mnt/hog && mount $D /mnt/p || fail "no file system"
# Pages stay dirty until memory is short or somebody asks.
sysctl -q vm.dirty_ratio=90 vm.dirty_background_ratio=80 vm.dirty_expire_centisecs=360000 \
	vm.dirty_writeback_centisecs=0
head -c 4m /dev/urandom > /run/seed
mount -t tmpfs -o size=95% hog /mnt/hog
left=96
[ $(meminfo MemAvailable) -gt 160 ] || fail "only $(meminfo MemAvailable) MiB are free as it is"
head -c $(($(meminfo MemAvailable) - left))m /dev/zero > /mnt/hog/fill
echo "$(meminfo MemAvailable) MiB available, $(meminfo MemFree) free"
mirrored=$(pair_stat p0 write_bytes)
[ "$(pair_get p0 state)" = full-duplex ] || fail "not mirrored to begin with: $(pair_get p0 reason)"
for ((r = 0; r < rounds; r++)); do
	scanned=$(scanned)
	for w in 1 2 3 4; do
		# 40 MiB each, more together than there is memory
		(for ((i = 0; i < 10; i++)); do cat /run/seed; done > /mnt/p/$w.$r) &
		jobs[w]=$!
	done
	most=0
	while kill -0 ${jobs[@]} 2> /dev/null; do
		n=$(meminfo "Dirty|Writeback")
		[ $n -le $most ] || most=$n
		sleep 0.5
	done
	# Somebody needs what is free, and most of what could be freed by writing.
	n=$(($(meminfo "MemFree|Dirty") - 48))
	[ $n -gt 0 ] || n=0
	head -c ${n}m /dev/zero > /mnt/hog/more &
	start=${EPOCHREALTIME/./}
	timeout $(scaled 100) sync -f /mnt/p ||
		fail "dirty pages cannot be written back: $(grep -E "^(Dirty|Writeback|MemFree)" /proc/meminfo | paste -sd " "), the pair is $(pair_get p0 state)"
	wait $! || fail "$n MiB of memory were not to be had"
	[ $(scanned) -gt $scanned ] || fail "memory was not short: $(meminfo MemFree) MiB are free"
	echo 3 > /proc/sys/vm/drop_caches
	echo "round $r: at most $most MiB dirty, then $n MiB taken, sync took $(((${EPOCHREALTIME/./} - start) / 1000)) ms, $(meminfo MemAvailable) MiB available, $(pair_get p0 state)"
	[ $most -ge 20 ] || fail "only $most MiB were dirty"
	for w in 1 2 3 4; do
		for ((i = 0; i < 10; i++)); do cat /run/seed; done | cmp - /mnt/p/$w.$r || fail "file $w.$r is damaged"
	done
	rm /mnt/p/*.$r /mnt/hog/more
done
mirrored=$((($(pair_stat p0 write_bytes) - mirrored) >> 20))
echo "$mirrored MiB were mirrored while memory was short"
[ $mirrored -gt 0 ] || fail "nothing was mirrored while memory was short: $(pair_get p0 reason)"
grep -E "^(pgscan_kswapd|pgscan_direct|pgsteal_kswapd|pgsteal_direct) " /proc/vmstat | paste -sd " "
umount /mnt/hog && umount /mnt/p && e2fsck -fn $D > /tmp/fsck 2>&1 || fail "fsck: $(tail -n 3 /tmp/fsck)"
pair_get p0 state > /tmp/state
echo "the pair is $(pair_get p0 state), reason $(pair_get p0 reason)"
sysctl -q vm.dirty_ratio=20 vm.dirty_background_ratio=10 vm.dirty_expire_centisecs=3000 \
	vm.dirty_writeback_centisecs=500'
state=$(on primary 'cat /tmp/state')
need on primary -t 60 'pair_down p0'
[ "$state" != full-duplex ] || cmp "$(image data)" "$(image spare)" || fail "full-duplex, but the copies differ"
need on primary -t 60 roles_down
