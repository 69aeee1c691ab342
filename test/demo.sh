#!/bin/sh
# `npm run demo`: the whole path on real input, from one INI file to a booted machine.
# What cannot be done on this machine is left out, and listed at the end with the reason.
set -u
cd "$(dirname "$0")/.." || exit 1
platform=platforms/qemu-x86_64.ini
out=out/demo
lab=${BOOTRELAY_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/bootrelay/lab}
left_out=''
failed=no

title() { printf '\n== %s\n' "$*"; }
leave_out() { left_out="$left_out
  - $1: $2"; }
bootrelay() { node dist/cli.js "$@"; }

title 'Set-up'
sh test/setup.sh || exit 1
rm -rf "$out"
mkdir -p "$out"

title "Render: what will run, for review"
bootrelay render "$platform" --output "$out/rendered" || exit 1
lines=$(wc -l < "$out/rendered/qemu-x86_64/minimal/init")
echo "/init has $lines lines; the boot in words is in $out/rendered/qemu-x86_64/explain.txt"

title 'Lab: a Debian 13 sysroot and a full initrd made by dracut'
if sh test/lab/make.sh 2> "$out/lab.log"; then
    cat "$out/lab.log"
    sysroot=$lab/sysroot
    kernel=$(cat "$lab/kernel")
    export BOOTRELAY_TOOLS_TREE="$lab/tools"
else
    cat "$out/lab.log"
    leave_out 'pack, boot' "there is no lab: $(tail -n 1 "$out/lab.log" | sed 's/^lab: //')"
    sysroot=/
    kernel=$(uname -r)
fi

title "Build: the minimal initrd from $sysroot, kernel $kernel"
if ! bootrelay build "$platform" --sysroot "$sysroot" --kernel "$kernel" --output "$out/build" 2> "$out/build.log"; then
    cat "$out/build.log"
    [ "$sysroot" = / ] || failed=yes
    leave_out build "$(grep -E 'error:|bootrelay:' "$out/build.log" | head -n 1)"
fi

booted=no
if [ "$sysroot" != / ]; then
    title 'Pack: the full initrd becomes an image for /usr'
    if bootrelay pack "$platform" --initrd "$lab/full-initrd.img" --output "$out/initrd.erofs" 2> "$out/pack.log"; then
        title 'Boot: /usr with verity, the minimal initrd, the full initrd, multi-user (about a minute)'
        bootrelay boot "$platform" --sysroot "$sysroot" --kernel "$kernel" --initrd "$out/initrd.erofs" \
            --output "$out/boot" && booted=yes
    else
        cat "$out/pack.log"
        failed=yes
        leave_out 'pack, boot' "$(grep -E 'error:|bootrelay:' "$out/pack.log" | head -n 1)"
    fi
fi

title 'Report: what a reviewer sees'
set -- "$platform"
[ ! -e "$out/build/manifest.json" ] || set -- "$@" --build "$out/build"
[ ! -e "$out/boot/timeline.json" ] || set -- "$@" --boot "$out/boot"
bootrelay report "$@" --output "$out/report.html" 2> /dev/null || { failed=yes; leave_out report 'it cannot be written'; }

title 'Result'
if [ "$booted" = yes ]; then echo 'the machine reached multi-user'; fi
if [ -e "$out/build/sizes.txt" ]; then cat "$out/build/sizes.txt"; fi
echo "The files are in $out: report.html rendered/ build/ initrd.erofs boot/"
if [ -n "$left_out" ]; then
    echo "Left out:$left_out"
    [ "$failed" = no ] || exit 1
elif [ "$booted" = no ]; then
    echo "The boot did not end as expected: see $out/boot/console.log"
    exit 1
fi
