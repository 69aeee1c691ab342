#!/bin/sh
# as-user.sh LAB WORK BIN COMMANDS: runs bash commands as an ordinary user, in WORK/home, with a copy of the lab that is the
# user's own, and with BIN first in PATH. The lab's /usr is only bound, in a mount namespace of its own.
set -eu
lab=$1 work=$2 bin=$3 commands=$4 user=65534
if [ "${5-}" != inside ]; then exec unshare --mount --propagation private sh "$0" "$@" inside; fi

mkdir -p "$work/lab/sysroot/usr" "$work/lab/tools" "$work/bin"
for entry in "$lab"/sysroot/*; do
    [ "${entry##*/}" = usr ] || cp -a "$entry" "$work/lab/sysroot/"
done
: > "$work/lab/full-initrd.img"
mount --bind "$lab/sysroot/usr" "$work/lab/sysroot/usr"
mount --bind "$lab/tools" "$work/lab/tools"
mount --bind "$lab/full-initrd.img" "$work/lab/full-initrd.img"
# Whoever may not go where the program is may run it here.
mount --bind "$bin" "$work/bin"
find "$work/lab/sysroot" -path "$work/lab/sysroot/usr" -prune -o -exec chown -h "$user:$user" {} +
chown -R "$user:$user" "$work/home"
cd "$work/home"
exec setpriv "--reuid=$user" "--regid=$user" --clear-groups env -i "HOME=$work/home" NO_COLOR=1 \
    GIT_CONFIG_GLOBAL=/dev/null "PATH=$work/bin:/usr/sbin:/usr/bin:/sbin:/bin" "BOOTRELAY_LAB=$work/lab" bash -c "$commands"
