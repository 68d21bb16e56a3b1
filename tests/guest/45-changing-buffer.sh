# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 45-changing-buffer: a program that changes its buffer while it is written suspends nothing; with bounce=1 the copies are equal all the same
# lab: pair
# time: 45
# long-time: 150
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"
# shellcheck source=tests/guest/trouble.sh
. "$TESTS/guest/trouble.sh"
# shellcheck source=tests/guest/oracle.sh
. "$TESTS/guest/oracle.sh"

# A frame whose data changes between its CRC and the wire is a damaged one.
damage_expected

writes=150
[ "${LONG:-0}" = 0 ] || writes=2000

# change: small, middle and large writes from memory that does not stand still
change()
{
	local size out

	for size in 1:$writes 16:$writes 256:$((writes / 5)); do
		out=$(on primary -t 200 "\$SHARE/blocks change $DISK $((1024 * ${size%:*})) ${size/:/ } 2>&1") ||
			fail "writes of ${size%:*} blocks: $out"
		duo_held "$1, ${size%:*} blocks"
	done
}

blocks_build
duo_up
change "bounce=0"
n=$(on primary 'pair_stat p0 rewrites')
[ "${n:-0}" -gt 0 ] || fail "no write had to be made once more: rewrites ${n:-is not counted}"
# A change that both legs have seen differently, but not the digest, is what
# bounce=1 is for.
echo "bounce=0: $n writes made once more, the copies are" \
	"$(cmp -s "$(image primary)" "$(image secondary)" && echo equal || echo "not equal")"
need on primary 'rmdir $PAIRS/p0'

need duo_mirror
duo_pair bounce=1
change "bounce=1"
duo_equal
[ "$(on primary 'pair_stat p0 rewrites')" = 0 ] || fail "with bounce=1 a digest was wrong"
need on primary "dd if=$DISK bs=4k skip=1024 count=1 iflag=direct status=none | od -An -tx8 -N64 | grep -q '[1-9a-f]'"
echo "bounce=1: the copies are equal"
duo_down
