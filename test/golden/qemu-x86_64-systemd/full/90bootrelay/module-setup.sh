#!/bin/bash
# dracut module: the full initrd uses the /usr that stage 1 handed over, and checks it.
# Rendered by bootrelay for platform qemu-x86_64-systemd
# from base.ini, qemu-x86_64.ini, qemu-x86_64-systemd.ini. Edit those, not this.
# shellcheck disable=SC2154 # dracut sets moddir and initdir
# To install: copy this directory into /usr/lib/dracut/modules.d and run dracut --add bootrelay.

check() {
    return 255 # only where it is asked for: an initrd without stage 1 must not contain it
}

depends() {
    echo systemd-initrd dm
}

install() {
    local unit
    inst_multiple env sleep true tr dmsetup
    inst_script "$moddir/check-usr" /usr/lib/bootrelay/check-usr
    inst_script "$moddir/emergency" /usr/lib/bootrelay/emergency
    for unit in emergency.service rescue.service dracut-emergency.service; do
        inst_simple "$moddir/emergency.conf" "/etc/systemd/system/$unit.d/bootrelay.conf"
    done
    for unit in bootrelay-check-usr.service sysusr-usr.mount sysroot-usr.mount systemd-veritysetup@usr.service; do
        inst_simple "$moddir/$unit" "/etc/systemd/system/$unit"
    done
    $SYSTEMCTL -q --root "$initdir" enable bootrelay-check-usr.service sysusr-usr.mount sysroot-usr.mount
    inst_simple "$moddir/12-bootrelay.rules" /etc/udev/rules.d/12-bootrelay.rules
}
