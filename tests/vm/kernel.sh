#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh 6.1|6.12|debug
#
# Fetches the newest Debian kernel of a series, with the headers to build
# modules against, into the cache, and prints where things are:
#
#   KREL      kernel release (what uname -r prints in the guest)
#   KVMLINUZ  the kernel image, unpacked if possible
#   KMODDIR   its modules, .../lib/modules/KREL
#   KHDRDIR   for make -C $KHDRDIR M=...
#
# When sourced it offers kernel_get SERIES, which sets these variables.  The
# series "debug" is built from source, see kernel-debug.sh.
# Returns 4 when this machine's package sources do not offer the series.
#
# Nothing is installed: an installed kernel would cost the host an initrd and
# a boot entry, and its headers would pull it in.

kernel_say()
{
	echo "kernel.sh: $*" >&2
}

# The folder for what is worth keeping from one run to the next.
kernel_cache()
{
	local dir=${PPRC_CACHE:-/var/cache/pprc}

	if ! mkdir -p "$dir" 2>/dev/null || [ ! -w "$dir" ]; then
		[ -n "${PPRC_CACHE:-}" ] && return 1
		dir=$HOME/.cache/pprc
		mkdir -p "$dir" || return 1
	fi
	echo "$dir"
}

# kernel_offered SERIES: name of the newest image package, from the sources
kernel_offered()
{
	local meta

	for meta in "linux-image-$1-amd64" linux-image-amd64; do
		apt-cache show --no-all-versions "$meta" 2>/dev/null
	done | sed -n 's/^Depends: //p' |
		grep -oE "linux-image-${1//./\\.}[.+][0-9A-Za-z.+-]*-amd64" |
		sort -V | tail -n 1
}

kernel_candidate()
{
	LC_ALL=C apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2 }'
}

# kernel_debs RELEASE: all packages needed for it, as NAME=VERSION
kernel_debs()
{
	local pkg rel=$1
	local headers=linux-headers-$rel

	for pkg in "linux-image-$rel" "$headers" \
		   $(apt-cache show --no-all-versions "$headers" |
		     sed -n 's/^Depends: //p' | sed 's/[,|]/\n/g' |
		     awk '$1 ~ /^linux-(headers-.*-common|kbuild-.*)$/ { print $1 }'); do
		echo "$pkg=$(kernel_candidate "$pkg")"
	done
}

# kernel_unpack DIR FINAL RELEASE DEB...: unpack into DIR what will be FINAL
kernel_unpack()
{
	local dir=$1 final=$2 rel=$3 deb link to

	shift 3
	for deb; do
		dpkg-deb -x "$deb" "$dir" || return 1
	done
	# Releases with merged /usr ship usr/lib/modules.
	[ -d "$dir/lib/modules/$rel/kernel" ] ||
		ln -sfn ../usr/lib/modules "$dir/lib/modules" || return 1
	rm -rf "${dir:?}/usr/share"
	# Type information of the kernel: with it, the build would want pahole.
	rm -f "$dir/usr/src/linux-headers-$rel/vmlinux"
	depmod -b "$dir" "$rel" || return 1
	kernel_elf "$rel" "$dir"

	# The headers name each other by the place they are installed to.
	sed -i -E "s#^(include )(/usr/src/)#\1$final\2#" \
		"$dir/usr/src/linux-headers-$rel/Makefile" || return 1
	find "$dir" -type l -lname '/usr/*' | while read -r link; do
		to=$(readlink "$link")
		ln -sfn "$final$to" "$link" || return 1
	done
}

# kernel_elf RELEASE DIR: take the ELF image out of the compressed one.
#
# QEMU starts it directly; unpacking is a matter of seconds for an emulated
# CPU.  Offsets are those of Documentation/x86/boot.rst; the last four bytes of
# the payload are its unpacked size.
kernel_elf()
{
	local z=$2/boot/vmlinuz-$1 elf=$2/boot/vmlinux-$1 start len unpack

	[ ! -f "$elf" ] || return 0
	start=$((($(od -An -tu1 -j497 -N1 "$z") + 1) * 512 +
		 $(od -An -tu4 -j584 -N4 "$z")))
	len=$(($(od -An -tu4 -j588 -N4 "$z") - 4))
	for unpack in 'xz -dc --single-stream' 'zstd -dc' 'gzip -dc'; do
		tail -c "+$((start + 1))" "$z" | head -c "$len" |
			$unpack > "$elf.new" 2>/dev/null
		if [ "$(head -c 4 "$elf.new" | tail -c 3)" = ELF ]; then
			mv "$elf.new" "$elf"
			return
		fi
	done
	rm -f "$elf.new"
}

# kernel_vars DIR
kernel_vars()
{
	local modules

	for modules in "$1"/lib/modules/*/modules.dep; do :; done
	[ -f "$modules" ] || return 1
	# shellcheck disable=SC2034	# for the caller
	{
		KMODDIR=${modules%/*}
		KREL=${KMODDIR##*/}
		KVMLINUZ=$1/boot/vmlinuz-$KREL
		[ ! -f "$1/boot/vmlinux-$KREL" ] ||
			KVMLINUZ=$1/boot/vmlinux-$KREL
		KHDRDIR=$1/usr/src/linux-headers-$KREL
	}
	[ -f "$KVMLINUZ" ] && [ -d "$KHDRDIR" ]
}

# kernel_fetch CACHE RELEASE VERSION FINAL, under the lock
kernel_fetch()
{
	local cache=$1 rel=$2 final=$4 tmp names rc

	mapfile -t names < <(kernel_debs "$rel")
	kernel_say "fetching Debian kernel $rel ($3) into $final"
	mkdir -p "$cache/deb" || return 1
	# apt's own user cannot write here, and need not: -o ...User=root.
	# A package that is already there whole is not fetched again.
	(cd "$cache/deb" && apt-get download -q -o APT::Sandbox::User=root \
		"${names[@]}") > "$cache/fetch.log" 2>&1 || return 1
	tmp=$(mktemp -d "$cache/kernel/.new.XXXXXX") || return 1
	mapfile -t names < <(
		for n in "${names[@]}"; do
			# apt writes ':' of an epoch as %3a
			v=${n#*=}; echo "$cache/deb/${n%%=*}_${v//:/%3a}"_*.deb
		done)
	kernel_unpack "$tmp" "$final" "$rel" "${names[@]}"; rc=$?
	if [ $rc -eq 0 ]; then
		chmod 755 "$tmp"
		mv -T "$tmp" "$final" && rm -f "${names[@]}"
	else
		kernel_say "could not unpack $rel"
		rm -rf "$tmp"
	fi
	return $rc
}

kernel_get()
{
	local series=$1 cache image ver final old rc lock

	if [ "$series" = debug ]; then
		# shellcheck source=tests/vm/kernel-debug.sh
		. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/kernel-debug.sh"
		kernel_debug_get
		return
	fi
	cache=$(kernel_cache) || {
		kernel_say "no folder to keep kernels in; set PPRC_CACHE"
		return 1
	}
	mkdir -p "$cache/kernel"
	exec {lock}> "$cache/kernel/.lock"
	flock "$lock"
	# What an interrupted run has left; nobody else is here now.
	rm -rf "$cache"/kernel/.new.*

	image=$(kernel_offered "$series")
	if [ -z "$image" ] && [ "$(id -u)" -eq 0 ] &&
	   ! compgen -G '/var/lib/apt/lists/*_Packages*' > /dev/null; then
		apt-get update -q > /dev/null 2>&1
		image=$(kernel_offered "$series")
	fi

	rc=4
	if [ -n "$image" ]; then
		ver=$(kernel_candidate "$image")
		final=$cache/kernel/${image#linux-image-}_${ver//[:~]/_}
		[ -d "$final" ] ||
			kernel_fetch "$cache" "${image#linux-image-}" "$ver" "$final"
		kernel_vars "$final"
		rc=$?
	fi
	if [ $rc -ne 0 ]; then
		old=$(printf '%s\n' "$cache/kernel/$series"[.+]*-amd64_* |
		      sort -V | tail -n 1)
		if [ -d "$old" ] && kernel_vars "$old"; then
			kernel_say "using the kernel in the cache, $KREL"
			rc=0
		elif [ $rc -eq 4 ]; then
			kernel_say "the package sources of this machine offer" \
				"no kernel $series"
		else
			kernel_say "cannot fetch kernel $series:" \
				"$(grep -m 1 '^E:' "$cache/fetch.log" || echo "see $cache/fetch.log")"
		fi
	fi
	exec {lock}>&-
	return $rc
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -u
	[ $# -eq 1 ] || { kernel_say "which series? kernel.sh 6.1|6.12|debug"; exit 2; }
	kernel_get "$1" || exit
	for v in KREL KVMLINUZ KMODDIR KHDRDIR; do
		printf '%s=%q\n' "$v" "${!v}"
	done
fi
