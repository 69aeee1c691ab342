#!/bin/sh
# Makes one release of Debian for the tests and the table of releases, below releases/CODENAME in the lab: a sysroot with
# the kernel for clouds, its version, and the full initrds that its dracut, its initramfs-tools and its mkosi-initrd make.
# Cached by a key.
#
# Usage: release.sh CODENAME [ordinary]; with `ordinary` dracut's initrd without bootrelay's module too.
# Exit code 1: it cannot be made here; the last line on standard error says why.
set -eu
cd "$(dirname "$0")/../.."
[ $# = 1 ] || [ "$*" = "$1 ordinary" ] || { echo 'usage: release.sh CODENAME [ordinary]' >&2; exit 2; }
release=$1 ordinary=${2-}
lab=${BOOTRELAY_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/bootrelay/lab}
directory=$lab/releases/$release
mkdir -p "$directory"
exec 8> "$lab/releases/$release.lock"
flock 8
. test/lab/debian.sh

include=linux-image-cloud-amd64,systemd,systemd-sysv,udev,dracut,initramfs-tools-core,busybox-static,dmsetup
include=$include,cryptsetup-bin,kmod,zstd
# systemd of Debian 12 has systemd-veritysetup in itself.
[ "$release" = bookworm ] || include=$include,systemd-cryptsetup

make_tree() { # NAME KEY OPTION...: the release with what the options say, anew unless it was made with the same key
    name=$1 key=$2
    shift 2
    # The Release file of sid can be past its date.
    debootstrap_into "$lab/releases/$release/$name" "$release" "$key" "$@" \
        --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
}

make_tree sysroot "$release $include 1" --variant=minbase --include="$include"
sysroot=$lab/releases/$release/sysroot
kernel=$(ls "$sysroot/usr/lib/modules")

make_initrd() { # NAME KEY TREE PROGRAM ARGUMENT...: leaves it in NAME.img, anew unless it was made with the same key
    image=$lab/releases/$release/$1 tree=$3 key=$(echo "$2" | cat - "$3.key" | sha256sum)
    [ "$(cat "$image.key" 2> /dev/null)" != "$key" ] || return 0
    [ "$(id -u)" = 0 ] || fail 'not root: cannot make an initrd in the sysroot'
    say "making $image.img"
    shift 3
    in_sysroot "$tree" "$@" > "$image.log" 2>&1 || { tail -n 5 "$image.log" >&2; fail "$1 failed: $image.log"; }
    rm -f "$image.img"
    mv "$tree/var/tmp/initrd.img" "$image.img"
    chmod 644 "$image.img"
    echo "$key" > "$image.key"
}

render_modules
add_dracut_module "$sysroot"
make_initrd dracut "$(cat "$lab"/rendered/qemu-x86_64/full/90bootrelay/*) 1" "$sysroot" \
    dracut --force --no-hostonly --reproducible --zstd \
    --add 'crypt systemd-veritysetup bootrelay' --omit 'network network-manager systemd-networkd systemd-resolved' \
    --kver "$kernel" /var/tmp/initrd.img
# As it is on any machine, for a system without a verity /usr.
[ -z "$ordinary" ] || make_initrd dracut-plain 1 "$sysroot" \
    dracut --force --no-hostonly --reproducible --zstd --add crypt --omit 'bootrelay network network-manager' \
    --kver "$kernel" /var/tmp/initrd.img
make_initrd initramfs-tools 1 "$sysroot" mkinitramfs -o /var/tmp/initrd.img "$kernel"

# mkosi-initrd makes it of packages, with the apt of the tree that it runs in, and of the modules that are there. mkosi of
# Debian 12 has none yet, that of sid wants /proc/modules.
[ "$release" = bookworm ] || { [ "$release" = sid ] && [ ! -e /proc/modules ]; } || {
    make_tree mkosi "$release 1" --variant=apt --include=mkosi,ca-certificates
    mkosi=$lab/releases/$release/mkosi
    rm -rf "$mkosi/usr/lib/modules"
    cp -al "$sysroot/usr/lib/modules" "$mkosi/usr/lib/"
    # It wants firmware to be there, even none.
    mkdir -p "$mkosi/usr/lib/firmware"
    make_initrd mkosi-initrd "$kernel 1" "$mkosi" sh -euc 'apt-get --quiet update
        exec mkosi-initrd --kernel-version "$1" --format cpio --output-dir /var/tmp --output initrd.img' sh "$kernel"
}

echo "$kernel" > "$lab/releases/$release/kernel"
say "ready: $lab/releases/$release"
