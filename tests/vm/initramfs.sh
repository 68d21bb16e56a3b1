#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# initramfs.sh KREL KMODDIR OUT
#
# Packs the initial file system of a guest: busybox, the modules needed to
# mount the host's root, programs that tests start over and over, and the guest
# side of the harness.  The guest's root is the host's, read-only over 9p, under a
# tmpfs overlay: every tool of the host is a tool of the guest, and whatever the
# guest writes is gone with it.
#
# The overlay caches; what the host changes after the boot must be passed
# through the share (/mnt/share, which does not).

set -eu

krel=$1
kmoddir=$(realpath "$2")
out=$(realpath -m "$3")
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir -p "$dir"/{bin,m,pprc,proc,sys,dev}
cp "$(command -v busybox)" "$dir/bin/busybox"
# Carried along instead of taken from the host's root: the project may lie
# under a folder that the guest mounts something else on.
cp "$here/guest-init" "$here/agent.sh" "$here/guest-lib.sh" \
	"$here/guest-pprc.sh" "$here/guest-wire.sh" "$dir/pprc"
chmod 755 "$dir/pprc/"*

# In memory they and the libraries of nearly all programs take half as long to
# start as over 9p.  The loader goes by its path, where guest-init puts it.
mkdir -p "$dir"/fast/{bin,lib}
for prog in bash cmp dd dmesg ip kmod md5sum mount tc timeout umount; do
	path=$(type -P "$prog") || continue
	cp -L "$path" "$dir/fast/bin/$prog"
	# shellcheck disable=SC2046	# a path each
	cp -Lu $(ldd "$path" | grep -o '/[^ ]*') "$dir/fast/lib"
done
for prog in insmod lsmod modprobe rmmod; do
	ln -s kmod "$dir/fast/bin/$prog"
done
for prog in awk cat cut grep head ln mkdir rm rmdir sleep sort tail touch tr uniq wc; do
	ln -s busybox "$dir/fast/bin/$prog"
done

: > "$dir/m/order"
for mod in virtio_pci 9pnet_virtio 9p overlay; do
	# prints nothing for what is built in
	modprobe -C /dev/null -d "${kmoddir%/lib/modules/*}" -S "$krel" -D "$mod" |
		awk '$1 == "insmod" { print $2 }'
done | awk '!seen[$0]++' | while read -r ko; do
	name=$(basename "$ko")
	case $ko in
	*.xz)	name=${name%.xz}; xz -dc "$ko" > "$dir/m/$name" ;;
	*)	cp "$ko" "$dir/m/$name" ;;
	esac
	echo "$name" >> "$dir/m/order"
done

cat > "$dir/init" <<'EOF'
#!/bin/busybox sh
bb=/bin/busybox
die() { echo "initramfs: $*"; $bb poweroff -f; }

$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs devtmpfs /dev
for m in $($bb cat /m/order); do
	$bb insmod "/m/$m" || echo "initramfs: insmod $m failed"
done
$bb mkdir -p /ro /rw /new
$bb mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro \
	root /ro || die "cannot mount the host's root"
$bb mount -t tmpfs tmpfs /rw
$bb mkdir /rw/upper /rw/work
$bb mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work \
	overlay /new || die "cannot mount the overlay"
$bb mkdir -p /new/proc /new/sys /new/dev /new/pprc /new/fast
$bb cp /pprc/* /new/pprc
$bb mount -t tmpfs tmpfs /new/fast
$bb cp -a /fast/* /new/fast && $bb cp /bin/busybox /new/fast/bin
for d in proc sys dev; do
	$bb mount --move "/$d" "/new/$d"
done
exec $bb switch_root /new /pprc/guest-init
EOF
chmod 755 "$dir/init"

# Not compressed: to unpack it would take the guest longer than QEMU takes to load
# it.  Written aside and moved: two runs may make the same file.
(cd "$dir"; find . | cpio -o -H newc --quiet) > "$out.$$"
mv "$out.$$" "$out"
