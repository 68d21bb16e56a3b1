#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fio-light.sh FOLDER
#
# Debian's fio is linked with Ceph, GlusterFS, NBD, RDMA and persistent memory,
# 80 MB of libraries in all: an emulated CPU spends a second on each start, most
# of it on what no test uses.  Makes a library in FOLDER, for LD_LIBRARY_PATH, that
# stands in for all of these: each function that fio asks them for is there and
# aborts.  Returns 1 if that cannot be; fio goes without it, too.

set -u
export LC_ALL=C
dir=$1
fio=$(type -P fio) && type -P gcc readelf > /dev/null || exit 1

cd "$dir" || exit 1
readelf -W -d "$fio" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' |
	grep -E '^lib(gfapi|nbd|ibverbs|rdmacm|rados|rbd|pmem|pmemblk)\.so\.' > libs || exit 1
# Ceph's functions have no version, all others have one of their library's.
{
	readelf -W -V "$fio" | awk 'NR == FNR { heavy[$1] = 1; next }
		/ File: / { here = $(NF - 2) in heavy }
		/ Name: / && here { print "version", $3 }' libs -
	readelf -W --dyn-syms "$fio" | awk '$7 == "UND" && $4 == "FUNC" {
		split($8, s, "@"); print "symbol", s[1], s[2] }'
} | awk '
	$1 == "version" { node[$2] = "" }
	$1 == "symbol" && (NF == 2 ? /symbol (rbd|rados)_/ : $3 in node) {
		printf "void %s(void) { __builtin_trap(); }\n", $2 > "stub.c"
		if (NF == 3)
			node[$3] = node[$3] $2 ";"
	}
	END { for (v in node) printf "%s { global: %s };\n", v, node[v] > "stub.map" }'
gcc -shared -fPIC -w -fno-builtin -nostdlib -Wl,--version-script,stub.map \
	-o stub.so stub.c || exit 1
while read -r lib; do
	ln -s stub.so "$lib" || exit 1
done < libs
rm -f libs stub.c stub.map
# With it fio starts: nothing is asked for that is not there.
LD_LIBRARY_PATH=$dir LD_BIND_NOW=1 "$fio" --version 2>&1 | grep -qx 'fio-[0-9.]*'
