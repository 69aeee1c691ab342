#!/bin/sh
# /init of the probe: a full initrd that only says how stage 1 left the machine, and powers off.
say() { echo "<6>bootrelay-report: $*" > /dev/kmsg; }

if grep -q '^VERITY_NAME=usr$' /run/bootrelay/handover; then
    while read -r _ _ _ _ point _ rest; do
        rest=${rest##*- }
        [ "$point" != /sysusr/usr ] || kind=${rest%% *}
    done < /proc/self/mountinfo
    "/check-usr-${kind:-none}"
fi
if grep -q '^VERITY_NAME=image$' /run/bootrelay/handover; then /check-image; fi
say environment "$(tr '\0' '\n' < /proc/1/environ | sort | tr '\n' ' ')"
say arguments "$(tr '\0' ' ' < /proc/1/cmdline)"
# What the system would read later.
cat /sysusr/usr/lib/systemd/systemd > /dev/null
say pid $$
say root "$(grep -E '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / ' /proc/self/mountinfo | tail -n 1 | sed 's/.* - //')"
while read -r _ _ device root point options rest; do
    set -- ${rest##*- }
    say mount "$point $1 $2 $options $device $root"
done < /proc/self/mountinfo
for backing in /sys/block/loop*/loop/backing_file; do
    [ ! -e "$backing" ] || say loop "$(cat "$backing") autoclear $(cat "${backing%backing_file}autoclear")"
done
while read -r line; do say handover "$line"; done < /run/bootrelay/handover
while read -r key value _; do
    case $key in MemTotal: | MemAvailable:) say memory "${key%:} $value" ;; esac
done < /proc/meminfo
for file in /.extra/* /oem/*; do
    [ ! -e "$file" ] || say extra "$(stat -c '%n %a %u' "$file") $(cat "$file")"
done
for name in /sys/block/dm-*/dm/name; do
    read -r device < "$name"
    say dm-table "$device $(dmsetup table "$device")"
    say dm-status "$device $(dmsetup status "$device")"
done
find /run /dev ! -type c | while read -r path; do say path "$path"; done
for process in /proc/[0-9]*; do
    [ ! -e "$process/exe" ] || say process "$(cat "$process/comm")"
done
grep -q ' /sys/fs/pstore ' /proc/mounts || mount -t pstore pstore /sys/fs/pstore
for record in /sys/fs/pstore/*; do
    [ ! -e "$record" ] || say pstore "${record##*/} $(grep -o 'bootrelay: [a-z-]* failed: .*' "$record" | tail -n 1)"
done
say usr "$(ls /sysusr/usr/lib/os-release)"
touch /written 2> /dev/null && say writable yes || say writable no
say end
poweroff -f
