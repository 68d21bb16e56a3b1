#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lab-leaks.sh, in a guest: prints what kmemleak finds of the memory that was
# allocated since the guest was ready, one line each:
#
#	leak of SIZE bytes by COMMAND at FUNCTION < CALLER < ...
#
# An address instead of a function belongs to a module that is not loaded any
# more.  What it has printed is not printed again.

f=/sys/kernel/debug/kmemleak

[ -w $f ] || {
	echo "no kmemleak in this kernel"
	exit
}
# Nothing younger than five seconds is taken for lost, and the first scan only
# notes the checksums of what the second may report.
sleep 5.2
echo scan > $f && echo scan > $f || echo "kmemleak does not scan"
# Jiffies begin 300 seconds before they would overflow 32 bits.
hz=$(zcat /proc/config.gz | sed -n 's/^CONFIG_HZ=//p')
awk -v ready="$(cat /run/pprc.ready)" -v hz="${hz:-250}" '
	function flush() {
		if (line != "" && since > ready)
			print line
		line = ""
	}
	/^unreferenced object/ {
		flush()
		sub(/.*\(size /, ""); sub(/\).*/, "")
		line = "leak of " $0 " bytes"
	}
	/^ *comm "/ {
		since = $0
		sub(/.*jiffies /, "", since)
		since = (since - 4294967296) / hz + 300
		sub(/^ *comm "/, ""); sub(/", pid.*/, "")
		line = line " by " $0
		sep = " at "
	}
	/^ *\[<[^>]*>\]/ {
		line = line sep $2
		if (NF > 2)
			line = line " " $3
		sep = " < "
	}
	END { flush() }' $f
echo clear > $f

# It gives up after its first report, and also when its tables are full.
grep -Eq '^ *debug_locks: *1$' /proc/lockdep_stats || echo "lockdep is off"
