#!/bin/sh
# Makes a Debian 13 for arm64 for the tests and the table of releases, below releases/trixie-arm64 in the lab: a sysroot with the
# kernel for clouds, its version, and a full initrd. Nothing of it is run: packages are unpacked, so that an x86-64 machine
# makes it. No generator can be run in it either: its full initrd is the packages themselves in a cpio, with what tells
# systemd that it is in an initrd, as mkosi makes one. Cached by a key.
#
# Exit code 1: it cannot be made here; the last line on standard error says why.
set -eu
cd "$(dirname "$0")/../.."
lab=${BOOTRELAY_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/bootrelay/lab}
directory=$lab/releases/trixie-arm64
mkdir -p "$directory"
exec 8> "$directory.lock"
flock 8
. test/lab/debian.sh

include=linux-image-cloud-arm64,systemd,systemd-sysv,udev,busybox-static,dmsetup,cryptsetup-bin,systemd-cryptsetup
include=$include,kmod,zstd,base-files,usr-is-merged,dash,bash,coreutils,util-linux,mount,libc-bin
debootstrap_into "$directory/sysroot" trixie "trixie arm64 $include 1" --architectures=arm64 --variant=extract \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="$include"
directory=$lab/releases/trixie-arm64
sysroot=$directory/sysroot
kernel=$(ls "$sysroot/usr/lib/modules")
[ -e "$sysroot/usr/lib/modules/$kernel/modules.dep" ] || depmod -b "$sysroot" "$kernel"

# Two archives, one behind the other: the packages, and the two links that make an initrd of them.
image=$directory/packages.img key=$(cat "$sysroot.key" "$0" | sha256sum)
if [ "$(cat "$directory/packages.key" 2> /dev/null)" != "$key" ]; then
    say "making $image"
    rm -rf "$directory/links" "$image"
    mkdir -p "$directory/links/etc"
    ln -s ../usr/lib/os-release "$directory/links/etc/initrd-release"
    ln -s usr/lib/systemd/systemd "$directory/links/init"
    {
        (cd "$sysroot" && find . \( -path ./boot -o -path ./var/lib -o -path ./usr/lib/modules -o -path ./usr/share \
            -o -path ./usr/lib/aarch64-linux-gnu/gconv \) -prune -o -print | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0)
        (cd "$directory/links" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0)
    } | zstd -q -3 > "$image"
    rm -r "$directory/links"
    echo "$key" > "$directory/packages.key"
fi

echo "$kernel" > "$directory/kernel"
say "ready: $directory"
