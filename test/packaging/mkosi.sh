#!/bin/sh
# mkosi.sh WORK DEB COMMANDS: runs shell commands as an ordinary user in a copy of the lab's tree with mkosi, where the Debian
# package of bootrelay is installed. It begins in WORK/project, which that user owns. BOOTRELAY_LAB must be set.
set -eu
work=$1 deb=$2 commands=$3
if [ "${4-}" != inside ]; then exec unshare --mount --propagation private sh "$0" "$@" inside; fi

root=$work/root user=1000
mkdir -p "$work/upper" "$work/overlay" "$root" "$work/home"
mount -t overlay overlay -o "lowerdir=$BOOTRELAY_LAB/mkosi,upperdir=$work/upper,workdir=$work/overlay" "$root"
for directory in dev proc sys; do mount --rbind "/$directory" "$root/$directory"; done
cp "$deb" "$root/bootrelay.deb"
chroot "$root" dpkg --install /bootrelay.deb
cp /etc/resolv.conf "$root/etc/resolv.conf" 2> /dev/null || :
mkdir -p "$root/build" "$root/sandbox" "$root/old"
mount --bind "$work" "$root/build"
mount --bind "$BOOTRELAY_LAB/mkosi-sandbox" "$root/sandbox"
chown -R "$user:$user" "$work/project" "$work/home"
chmod 755 "$work"
cd "$root"
pivot_root . old
umount -l /old
cd /build/project
exec env -i HOME=/build/home USER=builder LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin \
    setpriv "--reuid=$user" "--regid=$user" --clear-groups sh -c "$commands"
