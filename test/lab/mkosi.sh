#!/bin/sh
# Makes the tree that mkosi runs in, $BOOTRELAY_LAB/mkosi: the newest stable Debian with mkosi and what it calls.
set -eu
cd "$(dirname "$0")/../.."
lab=${BOOTRELAY_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/bootrelay/lab}
# shellcheck disable=SC1091,SC2154 # debian.sh is of the lab
. test/lab/debian.sh
include=mkosi,apt,ca-certificates,debian-archive-keyring,nodejs,systemd-repart,systemd-ukify,systemd-boot-efi
include=$include,systemd-boot-tools,cryptsetup-bin,dosfstools,mtools,e2fsprogs,erofs-utils,libarchive-tools,zstd,xz-utils
include=$include,cpio,kmod,gcc,libc6-dev,binutils,bubblewrap,uidmap,util-linux,python3,python3-pefile,openssl,attr
debootstrap_into "$lab/mkosi" trixie "mkosi $include 1" --variant=apt --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --aptopt='APT::Install-Recommends "false"' --include="$include"
# mkosi's own default names other archives than this machine has.
mkdir -p "$lab/mkosi-sandbox/etc/apt/sources.list.d"
printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' "$(archive "$codename")" "$keyring" \
    > "$lab/mkosi-sandbox/etc/apt/sources.list.d/mkosi.sources"
