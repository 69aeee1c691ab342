#!/bin/sh
# /init of a machine that compares dm-create with dmsetup: of each device what each says of it, and powers off.
say() { echo "<6>bootrelay-report: $*" > /dev/kmsg; }
compare() { # NAME: "same" and the number of lines, or the exit status of each and the words of dm-create
    for what in table status; do
        dmsetup "$what" "$1" > "/dmsetup-$what"
        theirs=$?
        /own/dm-create "--$what" "$1" > "/own-$what" 2> /own-error
        ours=$?
        how="$theirs $ours $(cat /own-error)"
        if busybox cmp -s "/dmsetup-$what" "/own-$what" && [ "$theirs $ours" = '0 0' ]; then
            how="same $(grep -c . "/own-$what")"
        fi
        say "$what" "$1 $how"
    done
}
errors() { # COUNT: a table of so many targets
    i=0
    while [ "$i" -lt "$1" ]; do
        echo "$((i * 8)) 8 error"
        i=$((i + 1))
    done
}
create() { dmsetup create "$1" --noudevrules --noudevsync; }

busybox mkdir -p /proc /sys /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
busybox insmod /own/dm-mod.ko
busybox insmod /own/loop.ko
busybox dd if=/dev/zero of=/disk bs=1M count=1
busybox losetup /dev/loop0 /disk
loop=$(cat /sys/block/loop0/dev)

errors 1 | dmsetup create one --uuid CRYPT-VERITY-0123-one --noudevrules --noudevsync
echo "0 2048 linear $loop 0" | create linear
printf '0 8 error\n8 1016 linear %s 8\n1024 1024 striped 2 16 %s 0 %s 1024\n' "$loop" "$loop" "$loop" | create three
errors 50 | create fifty
# From some number on the buffer is too small: what is told is the whole table, or nothing.
for count in 70 80 81 82 83 84 85 86 87 88 89 90 300; do errors "$count" | create "many-$count"; done
dmsetup create none --notable --noudevrules --noudevsync
dmsetup create loaded --notable --noudevrules --noudevsync
errors 1 | dmsetup load loaded
/own/dm-create made 1024 linear "$loop 0"
longest=$(busybox printf '%0127d' 7)
errors 1 | create "$longest"
for name in one linear three fifty none loaded gone made "$longest" "0$longest"; do compare "$name"; done
for count in 70 80 81 82 83 84 85 86 87 88 89 90 300; do compare "many-$count"; done
dmsetup suspend one
compare one
for name in one three; do # one has a UUID, as veritysetup gives each device
    { dmsetup table "$name" && dmsetup status "$name"; } > /theirs
    /own/dm-create --table "$name" --status "$name" > /ours
    busybox cmp -s /theirs /ours && say both "$name same" || say both "$name differ"
done
/own/dm-create --table one > /dev/full && say full written || say full refused
say end
poweroff -f
