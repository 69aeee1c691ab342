#!/bin/sh
# kernel-install.sh SYSROOT WORK LAYOUT COMMANDS: runs shell commands in a copy of a system of the lab that has bootrelay and
# its plugin for kernel-install, in a mount namespace of its own. The copy is an overlay: WORK/upper has what was written.
# A boot partition is at /efi: a directory, or the file system in the file PARTITION. BOOTRELAY, the executable to try, and BOOTRELAY_LAB must be set.
set -eu
sysroot=$1 work=$2 layout=$3 commands=$4
if [ "${5-}" != inside ]; then exec unshare --mount --propagation private sh "$0" "$@" inside; fi

root=$work/root
mkdir -p "$work/upper" "$work/overlay" "$root"
mount -t overlay overlay -o "lowerdir=$sysroot,upperdir=$work/upper,workdir=$work/overlay" "$root"
mkdir -p "$root/opt/bin" "$root/efi" "$root/etc/kernel" "$root/etc/bootrelay" "$root/usr/lib/kernel/install.d"
# At the same paths as outside: scripts in the tools tree name them.
for tree in tools install-tools; do
    mkdir -p "$root$BOOTRELAY_LAB/$tree"
    mount --bind "$BOOTRELAY_LAB/$tree" "$root$BOOTRELAY_LAB/$tree"
done
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
cp "$BOOTRELAY" "$root/opt/bin/bootrelay"
ln -s "$BOOTRELAY_LAB"/tools/usr/local/bin/* "$root/opt/bin"

[ -z "${PARTITION-}" ] || mount -o loop "$PARTITION" "$root/efi"

examples=$(dirname "$0")/../../examples/kernel-install
cp "$examples"/*.install "$root/usr/lib/kernel/install.d"
{ sed "s/^layout=.*/layout=$layout/" "$examples/install.conf" && echo BOOT_ROOT=/efi; } > "$root/etc/kernel/install.conf"
cp "$examples/bootrelay.conf" "$root/etc/kernel/bootrelay.conf"
echo "uki_options='--root-hash $ROOT_HASH'" >> "$root/etc/kernel/bootrelay.conf"
printf '[Platform]\nExtends=bootrelay:qemu-x86_64\n[Verity]\nTool=dmsetup\n' > "$root/etc/bootrelay/platform.ini"
echo 'console=ttyS0 quiet' > "$root/etc/kernel/cmdline"
echo 3 > "$root/etc/kernel/tries"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
version=$(ls "$sysroot/usr/lib/modules")
exec chroot "$root" /usr/bin/env -i "PATH=/opt/bin:/usr/bin:/usr/sbin:/bin" HOME=/root "version=$version" \
    "BOOTRELAY_TOOLS_TREE=$BOOTRELAY_LAB/install-tools" sh -c "$commands"
