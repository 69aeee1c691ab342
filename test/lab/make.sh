#!/bin/sh
# Makes the lab: a Debian 13 sysroot with kernel and dracut, the initrds that this dracut makes: a full one with
# bootrelay's module in it, and a monolithic one without; a tree with newer image tools; two kernels as programs (User
# Mode Linux); disks of an attacker; a Debian 12 (release.sh); one for arm64 (arm64.sh). Everything is cached in $BOOTRELAY_LAB (default:
# ~/.cache/bootrelay/lab) and made again only when this script or the rendered module changes.
#
# Prints nothing but what it does and what is missing. Exit code 0: the lab is there. 1: it cannot be made
# here; the last lines on standard error say why, each starting with "lab: ".
# shellcheck disable=SC1091,SC2016 # os-release is the machine's; single quotes on purpose
set -eu
cd "$(dirname "$0")/../.."
lab=${BOOTRELAY_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/bootrelay/lab}
release=trixie
. test/lab/debian.sh

# --- What this machine must be -------------------------------------------------------------------------

[ "$(uname -m)" = x86_64 ] || fail "the lab is made on x86-64 only, this is $(uname -m)"
command -v apt-get > /dev/null || fail 'this is not Debian: there is no apt-get'
exec 9> "$lab/lock"
flock 9

# --- Programs ------------------------------------------------------------------------------------------

# PROGRAM-OR-FILE PACKAGE
programs='
aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
/usr/aarch64-linux-gnu/include/linux/dm-ioctl.h libc6-dev-arm64-cross
/usr/share/AAVMF/AAVMF_CODE.fd qemu-efi-aarch64
bsdcat libarchive-tools
bsdtar libarchive-tools
busybox busybox-static
cc gcc
/usr/include/linux/dm-ioctl.h linux-libc-dev
bzip2 bzip2
chromium chromium
cpio cpio
getfattr attr
dash dash
fish fish
grub-mkimage grub-common
/usr/lib/grub/x86_64-efi/moddep.lst grub-efi-amd64-bin
lddtree pax-utils
make make
mandoc mandoc
mcopy mtools
mkfs.btrfs btrfs-progs
mkfs.erofs erofs-utils
mkfs.ext4 e2fsprogs
mkfs.f2fs f2fs-tools
mkfs.vfat dosfstools
mkfs.xfs xfsprogs
mmdebstrap mmdebstrap
/usr/share/OVMF/OVMF_CODE_4M.fd ovmf
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
depmod kmod
objcopy binutils
openssl openssl
perl perl
sbsign sbsigntool
setpriv util-linux
modprobe kmod
ninja ninja-build
rpmbuild rpm
qemu-system-aarch64 qemu-system-arm
qemu-system-x86_64 qemu-system-x86
qemu-img qemu-utils
sfdisk fdisk
shellcheck shellcheck
sqfstar squashfs-tools
swtpm swtpm
systemd-analyze systemd
unsquashfs squashfs-tools
veritysetup cryptsetup-bin
xz xz-utils
zsh zsh
zstd zstd
'
PATH=$PATH:/usr/sbin:/sbin

missing_packages() {
    echo "$programs" | while read -r program package; do
        [ -e "$program" ] || [ -z "$program" ] || command -v "$program" > /dev/null || echo "$package"
    done
    [ -z "$(/usr/bin/python3 -c 'import elftools' 2>&1)" ] || echo python3-pyelftools
}

# QEMU 7.2 corrupts guests without KVM: Debian 12 takes 10 from its backports, for both processors.
qemu_is_old() {
    for qemu in qemu-system-x86_64 qemu-system-aarch64; do
        case $($qemu --version 2> /dev/null) in *'version '[1-8].*) return 0 ;; esac
    done
    return 1
}

packages=$(missing_packages | sort -u | tr '\n' ' ')
if [ -n "$packages" ] || qemu_is_old; then
    [ "$(id -u)" = 0 ] || fail "not root, and these packages are missing: ${packages:-a newer qemu-system-x86}"
    say "installing $packages"
    export DEBIAN_FRONTEND=noninteractive
    if [ "$codename" = bookworm ]; then
        uri=$(archive bookworm)
        [ -n "$uri" ] || fail 'the configuration of apt names no archive of this distribution'
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri bookworm-backports main" \
            >> "$lab/apt/sources.list"
    fi
    apt_get -qq update >&2 || say 'apt-get update has errors; trying all the same'
    if [ "$codename" = bookworm ]; then
        apt_get -qq install -y --no-install-recommends -t bookworm-backports qemu-system-x86 \
            qemu-system-arm > "$lab/apt/log" 2>&1 ||
            { tail -n 5 "$lab/apt/log" >&2; fail 'apt-get cannot install QEMU from backports'; }
        packages=$(missing_packages | sort -u | tr '\n' ' ')
    fi
    # shellcheck disable=SC2086 # a list
    [ -z "$packages" ] || apt_get -qq install -y --no-install-recommends $packages > "$lab/apt/log" 2>&1 ||
        { tail -n 5 "$lab/apt/log" >&2; fail "apt-get cannot install $packages"; }
fi
packages=$(missing_packages | tr '\n' ' ')
[ -z "$packages" ] || fail "still missing: $packages"
! qemu_is_old || fail "$($qemu --version | head -n 1) is too old: 9 or newer is needed"

# --- Sysroot and tools ---------------------------------------------------------------------------------

include=linux-image-cloud-amd64,systemd,systemd-sysv,udev,dracut,busybox-static,dmsetup,cryptsetup-bin
include=$include,systemd-cryptsetup,kmod,zstd,erofs-utils,btrfs-progs,intel-microcode,amd64-microcode,tpm2-tools
include=$include,systemd-boot

debootstrap_into "$lab/sysroot" "$release" "$release $include 3" --variant=minbase --components=main,non-free-firmware \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="$include"
tools=erofs-utils,systemd,systemd-boot-efi,systemd-repart,systemd-ukify,python3-virt-firmware
tools=$tools,libcryptsetup12,libfdisk1,libtss2-esys-3.0.2-0t64,libtss2-rc0t64,libtss2-tctildr0t64,usr-is-merged
debootstrap_into "$lab/tools" "$release" "$release $tools 1" --variant=extract --include="$tools"

# What a build inside one of the lab's systems calls and these do not have.
debootstrap_into "$lab/install-tools" "$release" "$release install 2" --variant=extract \
    --include=libarchive-tools,xz-utils,zstd,kmod,systemd-boot-efi,usr-is-merged

# Programs of the tree that start others, or are no ELF files: scripts that start them with its loader and its Python.
add_starters() {
    bin=$lab/tools/usr/local/bin libraries=$lab/tools/usr/lib/x86_64-linux-gnu
    loader="$lab/tools/usr/lib64/ld-linux-x86-64.so.2 --library-path $libraries:$libraries/systemd"
    mkdir -p "$bin"
    for program in systemd-keyutil systemd-measure systemd-sbsign; do
        printf '#!/bin/sh\nexec %s %s "$@"\n' "$loader" "$lab/tools/usr/lib/systemd/$program" > "$bin/$program"
    done
    for program in ukify virt-fw-vars; do
        printf '#!/bin/sh\nPATH=%s:$PATH PYTHONHOME=%s exec %s %s %s "$@"\n' "$bin" "$lab/tools/usr" "$loader" \
            "$lab/tools/usr/bin/python3" "$lab/tools/usr/bin/$program" > "$bin/$program"
    done
    chmod 755 "$bin"/*
}
add_starters

# The kernel for any hardware, with as much beside it as a minimal initrd needs: unpacked, not installed.
debootstrap_into "$lab/generic" "$release" "$release generic kernel 1" --variant=extract --components=main \
    --dpkgopt='path-exclude=/usr/share/doc/*' --include=linux-image-amd64,busybox-static,dmsetup,usr-is-merged,base-files
generic=$(ls "$lab/generic/usr/lib/modules")
[ -e "$lab/generic/usr/lib/modules/$generic/modules.dep" ] || depmod -b "$lab/generic" "$generic"
echo "$generic" > "$lab/generic.kernel"

# --- User Mode Linux -----------------------------------------------------------------------------------

# A kernel as an ordinary program, from this machine's release and from the newest that has another: many boots need no PC.
# Each is in uml/NAME: linux, ld.so and lib to start it with, and a sysroot with its modules, for `bootrelay build`.
uml_old=$codename uml_new=$release
[ "$uml_old" != "$uml_new" ] || uml_new=sid

# apt with the lists of the release that the kernel comes from and no other. The Release file of sid can be past its date.
apt_uml() {
    apt-get -qq -o "Dir::State::Lists=$lab/uml/apt/lists" -o "Dir::Etc::SourceList=$lab/uml/apt/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o Acquire::Retries=3 -o 'Acquire::Check-Valid-Until=false' -o APT::Sandbox::User=root "$@"
}

fetch_uml() { # DIRECTORY RELEASE: leaves the package's files in DIRECTORY/package
    uri=$(archive "$codename")
    [ -n "$uri" ] || fail 'the configuration of apt names no archive of this distribution'
    mkdir -p "$lab/uml/apt/lists/partial"
    echo "deb [signed-by=$keyring] $uri $2 main" > "$lab/uml/apt/sources.list"
    apt_uml update >&2 || say 'apt-get update has errors; trying all the same'
    (cd "$1" && apt_uml download user-mode-linux) > "$1/log" 2>&1 ||
        { tail -n 5 "$1/log" >&2; fail "apt-get cannot download user-mode-linux of Debian $2"; }
    dpkg-deb -x "$1"/user-mode-linux_*.deb "$1/package" >> "$1/log" 2>&1 ||
        { tail -n 5 "$1/log" >&2; fail "user-mode-linux of Debian $2 cannot be unpacked"; }
    rm "$1"/user-mode-linux_*.deb
}

make_uml() { # NAME RELEASE: anew unless it was made with the same sysroot
    name=$1 directory=$lab/uml/$1 key="$2 4 $(cat "$lab/sysroot.key")"
    [ "$(cat "$directory.key" 2> /dev/null)" != "$key" ] || return 0
    [ "$(id -u)" = 0 ] || fail "not root: cannot make $directory"
    say "making $directory from Debian $2"
    rm -rf "$directory" "$directory.key" "$directory.new"
    mkdir -p "$directory.new"
    fetch_uml "$directory.new" "$2"
    (
        cd "$directory.new"
        version=$(ls package/usr/lib/uml/modules)
        # Its libc can be newer than the machine's: it runs with the sysroot's, whose loader the kernel finds beside it. A
        # program at a fixed address cannot be started by ld.so itself, so the name in the file is another one, as long.
        perl -0777 -pe 's|/lib64/ld-linux-x86-64\.so\.2\0|"ld.so" . "\0" x 23|e' package/usr/bin/linux.uml > linux
        ! cmp -s linux package/usr/bin/linux.uml || fail "linux.uml of Debian $2 names no loader that is known"
        chmod 755 linux
        ln -s ../../sysroot/usr/lib64/ld-linux-x86-64.so.2 ld.so
        ln -s ../../sysroot/usr/lib/x86_64-linux-gnu lib
        cp -al "$lab/sysroot" sysroot
        rm -rf sysroot/usr/lib/modules sysroot/boot
        mkdir sysroot/usr/lib/modules sysroot/boot
        cp -r "package/usr/lib/uml/modules/$version" sysroot/usr/lib/modules/
        gzip -dc package/usr/share/doc/user-mode-linux/config.gz > "sysroot/usr/lib/modules/$version/config"
        depmod -b sysroot "$version"
        rm -r package
        said=$(LD_LIBRARY_PATH=lib ./linux --version 2> log) || { cat log >&2; fail "linux.uml of Debian $2 does not start"; }
        [ "$said" = "$version" ] || fail "linux.uml of Debian $2 is $said, its modules are of $version"
        echo "$version" > kernel
    )
    mv "$directory.new" "$directory"
    echo "$key" > "$directory.key"
}

mkdir -p "$lab/uml"
make_uml old "$uml_old"
make_uml new "$uml_new"

# --- Disks of an attacker ------------------------------------------------------------------------------

key=$(cat test/lab/attacker.sh test/lab/attacker.c "$lab/sysroot.key" | sha256sum)
if [ "$(cat "$lab/attacker.key" 2> /dev/null)" != "$key" ]; then
    [ "$(id -u)" = 0 ] || fail 'not root: cannot make the disks of an attacker'
    say 'making the disks of an attacker'
    rm -rf "$lab/attacker" "$lab/attacker.key"
    sh test/lab/attacker.sh "$lab/attacker" "$lab/sysroot" > "$lab/attacker.log" 2>&1 ||
        { tail -n 5 "$lab/attacker.log" >&2; fail "cannot make the disks of an attacker: $lab/attacker.log"; }
    echo "$key" > "$lab/attacker.key"
fi

# --- Initrds -------------------------------------------------------------------------------------------

kernel=$(ls "$lab/sysroot/usr/lib/modules")
render_modules

make_initrd() { # NAME KEY OPTION...: with dracut in the sysroot, anew unless it was made with the same key
    name=$1 key=$(echo "$2" | cat - "$lab/sysroot.key" | sha256sum)
    shift 2
    [ "$(cat "$lab/$name.key" 2> /dev/null)" != "$key" ] || return 0
    [ "$(id -u)" = 0 ] || fail 'not root: cannot run dracut in the sysroot'
    say "making $name with dracut"
    rm -f "$lab/$name.key" # of a lab that is a hard-link copy, the key of this one only
    add_dracut_module "$lab/sysroot"
    in_sysroot "$lab/sysroot" dracut --force --no-hostonly --reproducible --zstd --kver "$kernel" "$@" \
        /var/tmp/initrd.img > "$lab/dracut.log" 2>&1 ||
        { tail -n 5 "$lab/dracut.log" >&2; fail "dracut failed: $lab/dracut.log"; }
    mv "$lab/sysroot/var/tmp/initrd.img" "$lab/$name.img"
    chmod 644 "$lab/$name.img"
    echo "$key" > "$lab/$name.key"
}

omit='network network-manager systemd-networkd systemd-resolved'
make_initrd full-initrd "$(cat "$lab"/rendered/qemu-x86_64/full/90bootrelay/*)" --add 'crypt systemd-veritysetup bootrelay' --omit "$omit"
make_initrd monolithic-initrd '' --add 'crypt systemd-veritysetup' --omit "$omit"
# The smallest with systemd that can be a stage 1, for the benchmark.
make_initrd stage-1-initrd 2 --no-early-microcode --install mkdir --modules 'systemd-initrd systemd-veritysetup systemd-udevd udev-rules dm' \
    --drivers 'virtio_blk erofs dm-verity overlay loop'

# --- Another release, and another processor --------------------------------------------------------------

sh test/lab/release.sh bookworm
sh test/lab/arm64.sh

echo "$kernel" > "$lab/kernel"
say "ready: $lab"
