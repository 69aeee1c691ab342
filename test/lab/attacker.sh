#!/bin/sh
# Makes the disks of an attacker. Usage, as root: attacker.sh DIRECTORY SYSROOT
#
# shellcheck disable=SC2016 # single quotes on purpose
#
# usr-1.img and usr-2.img are one btrfs with the UUID of the test machines' /usr (src/boot/usr-image.ts) and a higher
# generation, where the full initrd is the attacker's. code.img is a shared object.
set -eu
directory=$1 busybox=$2/usr/bin/busybox code=$(dirname "$(readlink -f "$0")")/attacker.c
uuid=b0074e1a-0000-4000-8000-000000000001
PATH=$PATH:/usr/sbin:/sbin
mkdir "$directory"

tree=$directory/tree
mkdir -p "$tree/bin" "$tree/etc" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/run" "$tree/sysusr/usr"
cp "$busybox" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
for name in initrd-release os-release; do echo ID=attacker > "$tree/etc/$name"; done
cat > "$tree/init" << 'END'
#!/bin/sh
echo '<2>bootrelay: check-usr: the full initrd of the attacker runs' > /dev/kmsg
/bin/busybox poweroff -f
END
chmod 755 "$tree/init"
mkfs.erofs "$directory/image" "$tree"

# Loop devices are given back, and what is mounted is so in a namespace of its own.
one='' two=''
trap '[ -z "$one" ] || losetup --detach "$one"; [ -z "$two" ] || losetup --detach "$two"' EXIT
truncate -s 256M "$directory/usr-1.img" "$directory/usr-2.img"
one=$(losetup --find --show "$directory/usr-1.img")
two=$(losetup --find --show "$directory/usr-2.img")
mkfs.btrfs --quiet --force --uuid "$uuid" -m single -d single "$one" "$two"
mkdir "$directory/mounted"
unshare --mount sh -euc '
    mount -t btrfs -o "device=$3" "$2" "$1/mounted"
    mkdir -p "$1/mounted/lib/bootrelay"
    for name in probe dracut; do cp "$1/image" "$1/mounted/lib/bootrelay/$name.erofs"; done
    # Each makes the generation one higher.
    for time in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do touch "$1/mounted/$time"; sync -f "$1/mounted"; done' \
    sh "$directory" "$one" "$two"
btrfs device scan --forget

cc -Os -shared -fPIC -nostdlib -fno-stack-protector -o "$directory/code.img" "$code"
truncate -s 64K "$directory/code.img"
rm -r "$tree" "$directory/image" "$directory/mounted"
