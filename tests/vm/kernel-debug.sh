#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel-debug.sh
#
# Builds a kernel that finds faults on its own, from Debian's source of 6.1,
# tests/vm/debug.patch and tests/vm/debug.config, into the cache, and prints
# where things are, as kernel.sh does.  Takes some ten minutes on two CPUs, the
# first time only: what is in the cache is known by the version of the source,
# by the patch and by the fragment.
#
# When sourced it offers kernel_debug_get, which sets the same variables as
# kernel_get.  Needs the packages of: tests/deps.sh debug.
#
# The source package is fetched, not installed; an installed one is used.  The
# image is the compressed one: with KASAN the entry by which QEMU starts an ELF
# image ends in a triple fault.

KERNEL_DEBUG_DIR=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
if ! declare -F kernel_vars > /dev/null; then
	# shellcheck source=tests/vm/kernel.sh
	. "$KERNEL_DEBUG_DIR/kernel.sh"
fi

KERNEL_DEBUG_PKG=linux-source-6.1
KERNEL_DEBUG_FRAGMENT=$KERNEL_DEBUG_DIR/debug.config
KERNEL_DEBUG_PATCH=$KERNEL_DEBUG_DIR/debug.patch

# kernel_debug_source CACHE VERSION: prints the tarball's name, fetched if need
# be into CACHE/debug/.source
kernel_debug_source()
{
	local tar=usr/src/$KERNEL_DEBUG_PKG.tar.xz dir=$1/debug/.source

	if [ -f "/$tar" ] && [ "$(dpkg-query -W -f '${Version}' \
			$KERNEL_DEBUG_PKG 2>/dev/null)" = "$2" ]; then
		echo "/$tar"
		return
	fi
	rm -rf "$dir"
	mkdir -p "$dir" || return 1
	kernel_say "fetching $KERNEL_DEBUG_PKG $2"
	(cd "$dir" && apt-get download -q -o APT::Sandbox::User=root \
		"$KERNEL_DEBUG_PKG=$2" && dpkg-deb -x ./*.deb . && rm ./*.deb) \
		> "$1/fetch.log" 2>&1 || return 1
	echo "$dir/$tar"
}

# kernel_debug_config: in the source's folder; names the lines of the fragment
# that the rest of the configuration does not allow
kernel_debug_config()
{
	local lost

	make ARCH=x86_64 allnoconfig &&
	scripts/kconfig/merge_config.sh -m .config "$KERNEL_DEBUG_FRAGMENT" &&
	scripts/config --set-str LOCALVERSION "$1" &&
	make olddefconfig || return 1
	lost=$(grep -E '^(CONFIG_|# CONFIG_.* is not set$)' \
		"$KERNEL_DEBUG_FRAGMENT" | grep -vxF -f .config | paste -sd ' ')
	[ -z "$lost" ] || {
		echo "ERROR: not in the configuration: $lost"
		return 1
	}
}

# kernel_debug_headers DIR: what "make M=" needs, the list of the kernel's own
# scripts/package/builddeb, and objtool
kernel_debug_headers()
{
	mkdir -p "$1" || return 1
	{
		find . arch/x86 -maxdepth 1 -name 'Makefile*'
		find include scripts -type f -o -type l
		find arch/x86 -name Kbuild.platforms -o -name Platform
		find arch/x86 \( -name include -o -name scripts \) -type d \
			-exec find {} -type f \;
		echo Module.symvers
		echo .config
		[ ! -f tools/objtool/objtool ] || echo tools/objtool/objtool
	} | sort -u | grep -v '\.o$\|\.cmd$' |
		tar -c -f - -T - | tar -x -f - -C "$1"
}

# kernel_debug_make SOURCE LOCALVERSION DIR: build, and put into DIR what
# kernel_vars finds there
kernel_debug_make()
{
	local rel dir=$3

	cd "$1" || return 1
	kernel_debug_config "$2" &&
	make -j"$(nproc)" bzImage modules || return 1
	rel=$(make -s kernelrelease) &&
	mkdir -p "$dir/boot" &&
	cp arch/x86/boot/bzImage "$dir/boot/vmlinuz-$rel" &&
	cp System.map "$dir/boot/System.map-$rel" &&
	make modules_install INSTALL_MOD_PATH="$dir" INSTALL_MOD_STRIP=1 &&
	rm -f "$dir/lib/modules/$rel"/{build,source} &&
	kernel_debug_headers "$dir/usr/src/linux-headers-$rel"
}

# kernel_debug_build CACHE VERSION LOCALVERSION FINAL, under the lock
kernel_debug_build()
{
	local cache=$1 tmp=$1/debug/.new src start=$SECONDS

	"$KERNEL_DEBUG_DIR/../deps.sh" debug >&2 || return 1
	src=$(kernel_debug_source "$cache" "$2") || {
		kernel_say "cannot fetch $KERNEL_DEBUG_PKG: $(grep -m 1 '^E:' "$cache/fetch.log")"
		return 1
	}
	# What an interrupted run has left.
	rm -rf "$tmp"
	mkdir -p "$tmp/tree" "$tmp/out" || return 1
	kernel_say "building the debug kernel in $tmp, about ten minutes"
	tar -x -f "$src" -C "$tmp/tree" --strip-components=1 || return 1
	patch -s -p1 -d "$tmp/tree" < "$KERNEL_DEBUG_PATCH" >&2 || return 1
	# Niced: whoever else uses this machine is waiting for less.
	(
		unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
		renice -n 4 -p $BASHPID > /dev/null
		kernel_debug_make "$tmp/tree" "$3" "$tmp/out"
	) > "$cache/debug/build.log" 2>&1 < /dev/null || {
		kernel_say "the debug kernel does not build: $(grep -m 1 -E \
			'error:|^ERROR|\*\*\*' "$cache/debug/build.log") (see $cache/debug/build.log)"
		return 1
	}
	mv -T "$tmp/out" "$4" && rm -rf "$tmp" "$cache/debug/.source"
	kernel_say "built the debug kernel in $((SECONDS - start)) s"
}

kernel_debug_get()
{
	local cache ver hash final old

	if ! cache=$(kernel_cache) || ! mkdir -p "$cache/debug"; then
		kernel_say "no folder to keep kernels in; set PPRC_CACHE"
		return 1
	fi
	# Part of the release as well, so that the modules of the project are
	# built anew for each.
	hash=$(cat "$KERNEL_DEBUG_FRAGMENT" "$KERNEL_DEBUG_PATCH" | sha256sum | head -c 8)
	ver=$(kernel_candidate $KERNEL_DEBUG_PKG)
	case $ver in
	''|'(none)')
		# No package source now: one that was built before will do.
		old=$(printf '%s\n' "$cache/debug/"*"_$hash" | sort -V | tail -n 1)
		[ -d "$old" ] && kernel_vars "$old" && return
		kernel_say "the package sources of this machine offer no" \
			"$KERNEL_DEBUG_PKG"
		return 4
		;;
	esac
	final=$cache/debug/${ver//[:~]/_}_$hash
	# It gets its name when it is complete.  The lock is for those who lack
	# one: a build takes long, and others may have theirs.
	[ -d "$final" ] || (
		flock 9
		[ -d "$final" ] ||
			kernel_debug_build "$cache" "$ver" "-pprc-$hash" "$final"
	) 9> "$cache/debug/.lock" || return 1
	kernel_vars "$final" || return 1
	# Others may still use another one; after two weeks nobody does.
	touch "$final"
	find "$cache/debug" -mindepth 1 -maxdepth 1 -name '*-*_*' -mtime +14 -exec rm -rf {} +
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -u
	kernel_debug_get || exit
	for v in KREL KVMLINUZ KMODDIR KHDRDIR; do
		printf '%s=%q\n' "$v" "${!v}"
	done
fi
