#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh [build|vm|unit|fuzz|lint|debug|bench|check|demo]...
#
# Installs the Debian packages that the named groups need and that are not
# there yet; says nothing when nothing is missing.  Without an argument: all
# but bench.

set -u

# Each line: package, a word to tell what it is for.
need_build='
make             to build the modules
gcc              to build the modules
libc6-dev        to build the user programs
libelf1          used by objtool when a module is linked
libssl3          used by the kernel build tools
linux-headers-amd64 the kernel interface the modules are built against
kmod             to index and load the modules
'

need_vm='
qemu-system-x86  runs the guests
busybox-static   the first program of a guest
cpio             packs the initial file system of a guest
kmod             finds the modules a guest starts with
xz-utils         unpacks the kernel image
zstd             unpacks the kernel image
iproute2         sets up links in a guest
iputils-ping     tests the cable between two guests
tshark           reads what went over the cable
fio              generates load on the volumes
sg3-utils        looks at SCSI devices
e2fsprogs        makes file systems on test disks
dmsetup          makes failing disks
util-linux       flock, mount, losetup
procps           looks at processes
'

need_unit='
make             to build the unit tests
gcc              builds the unit tests, with its sanitizers
libc6-dev        to build the unit tests
libcmocka-dev    runs the unit tests
'

need_fuzz='
make             to build the fuzz targets
clang            builds the fuzz targets
libclang-rt-dev  libFuzzer and the sanitizers of clang
libc6-dev        to build the fuzz targets
'

need_lint='
shellcheck       checks the shell scripts
sparse           checks the C source
coccinelle       applies semantic patches to the C source
perl             runs checkpatch and kernel-doc
xz-utils         unpacks the kernel source that checkpatch comes with
clang            compiles the pure files, for a second opinion
libcmocka-dev    to compile the unit tests with clang
python3-docutils checks the syntax of the documentation
'

need_debug='
make             builds the debug kernel
gcc              builds the debug kernel
libc6-dev        to build the programs of the kernel build
bc               used by the kernel build
bison            used by the kernel build, for its configuration
flex             used by the kernel build, for its configuration
libelf-dev       to build objtool
libssl-dev       to build the programs of the kernel build
kmod             indexes the modules of the debug kernel
patch            changes the configuration rules of the debug kernel
xz-utils         unpacks the kernel source
'

need_bench='
drbd-utils       sets up DRBD, to compare with
'

say()
{
	echo "deps.sh: $*" >&2
}

have()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints "PACKAGE why" for what is missing of one group.
missing()
{
	local pkg why

	while read -r pkg why; do
		[ -n "$pkg" ] || continue
		have "$pkg" || echo "$pkg $why"
	done
}

list=
[ $# -gt 0 ] || set -- build vm unit fuzz lint debug
for group; do
	case $group in
	build)	list+=$need_build ;;
	vm)	list+=$need_vm ;;
	unit)	list+=$need_unit ;;
	fuzz)	list+=$need_fuzz ;;
	lint)	list+=$need_lint ;;
	debug)	list+=$need_debug ;;
	bench)	list+=$need_bench ;;
	check)	list+=$need_build$need_vm$need_unit$need_fuzz ;;
	demo)	list+=$need_build$need_vm ;;
	*)
		say "unknown group $group; there are: build vm unit fuzz lint debug bench check demo"
		exit 2
		;;
	esac
done

command -v dpkg-query > /dev/null || {
	say "this is not Debian; packages are left alone: $(awk 'NF { print $1 }' <<< "$list" | sort -u | paste -sd ' ')"
	exit 0
}

lacking=$(missing <<< "$list" | sort -u -k1,1)
[ -n "$lacking" ] || exit 0

while read -r pkg why; do
	echo "deps: $pkg - $why"
done <<< "$lacking"
mapfile -t pkgs < <(awk '{ print $1 }' <<< "$lacking")

if [ "$(id -u)" -ne 0 ]; then
	say "packages are missing and only root can install them:" \
	    "sudo apt-get install --no-install-recommends ${pkgs[*]}"
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# tshark's package asks whether other users may capture; nobody needs to.
echo 'wireshark-common wireshark-common/install-setuid boolean false' |
	debconf-set-selections 2>/dev/null

install()
{
	apt-get install -y -q --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "${pkgs[@]}" < /dev/null
}

# The lists may be absent or out of date: fetch them once and try again.
out=$(install 2>&1) && exit 0
apt-get update -q > /dev/null 2>&1 < /dev/null
out=$(install 2>&1) && exit 0
printf '%s\n' "$out" | tail -n 20 >&2
say "apt-get could not install: ${pkgs[*]}"
exit 1
