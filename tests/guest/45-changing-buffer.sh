# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 45-changing-buffer: a program that changes its buffer while it is written suspends nothing; what the secondary has seen to be changed is written to both copies once more, from one private copy; with bounce=1 the copies are equal all the same
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
expects_log '^pprc_secondary: session [0-9a-f:]+: write refused \(payload-digest, '

writes=150
[ "${LONG:-0}" = 0 ] || writes=2000

# change: small, middle and large writes from memory that does not stand still
change()
{
	local size n out at=1024

	for size in 1 16 256; do
		n=$writes
		[ $size -lt 256 ] || n=$((n / 5))
		out=$(on primary -t 200 "\$SHARE/blocks change $DISK $at $size $n 2>&1") ||
			fail "writes of $size blocks: $out"
		at=$((at + n * size))
		duo_held "$1, $size blocks"
	done
}

# rewritten: each write refused for its digest since WIRE_MARK is the same on both
# copies now.  Sets REFUSED to their number.
rewritten()
{
	local at blocks

	wire
	cable_writes "$WIRE" | awk '$18 == 15 { print $9, $10 }' > "$LAB_RUN/refused"
	while read -r at blocks; do
		cmp -s -n $((blocks * 512)) -i $((at * 512)) "$(image primary)" "$(image secondary)" ||
			fail "$blocks blocks at $at were refused and written once more, but the copies differ there"
	done < "$LAB_RUN/refused"
	REFUSED=$(wc -l < "$LAB_RUN/refused")
}

blocks_build
duo_up query_min_ms=5
wire_mark
change "bounce=0"
n=$(on primary 'pair_stat p0 rewrites')
[ "${n:-0}" -gt 0 ] || fail "no write had to be made once more: rewrites ${n:-is not counted}"
rewritten
[ "$REFUSED" -gt 0 ] || fail "$n writes were made once more, but none is seen on the cable"
echo "$REFUSED refusals on the cable, both copies hold the same there"
# A change that both legs have seen differently, but not the digest, is what
# bounce=1 is for.
echo "bounce=0: $n writes made once more, the copies are" \
	"$(cmp -s "$(image primary)" "$(image secondary)" && echo equal || echo "not equal")"
need on primary 'rmdir $PAIRS/p0'

need duo_mirror
duo_pair bounce=1 query_min_ms=5
change "bounce=1"
duo_equal
[ "$(on primary 'pair_stat p0 rewrites')" = 0 ] || fail "with bounce=1 a digest was wrong"
cmp -s -n 1M -i 5M:0 "$(image primary)" /dev/zero && fail "nothing was written"
echo "bounce=1: the copies are equal"
duo_down
