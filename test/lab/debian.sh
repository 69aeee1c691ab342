# Sourced by make.sh and release.sh, with lab set: Debian's archive as this machine knows it, and trees made from it.
# shellcheck shell=sh disable=SC1091,SC2016,SC2154 # os-release is the machine's; single quotes on purpose; lab is set

say() { echo "lab: $*" >&2; }
fail() { say "$*"; exit 1; }

codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt with lists of its own, so that the machine's are left alone.
apt_get() {
    apt-get -o "Dir::State::Lists=$lab/apt/lists" -o "Dir::Etc::SourceList=$lab/apt/sources.list" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Retries=3 "$@"
}
mkdir -p "$lab/apt/lists/partial"
cat /etc/apt/sources.list > "$lab/apt/sources.list" 2> /dev/null || : > "$lab/apt/sources.list"

find_archive() { # APT CODENAME: apt tells of the archives whose lists it has
    "$1" indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' 'Created-By: Packages' |
        awk -v codename="$2" '$2 == codename || $3 == codename { print $1; exit }'
}

archive() { # CODENAME: the address of the distribution's own archive, from apt's configuration
    uri=$(find_archive apt-get "$1")
    [ -n "$uri" ] || uri=$(find_archive apt_get "$1")
    if [ -z "$uri" ]; then
        apt_get -qq update >&2 || say 'apt-get update has errors; trying all the same'
        uri=$(find_archive apt_get "$1")
    fi
    echo "$uri"
}

debootstrap_into() { # DIRECTORY RELEASE KEY OPTION...: makes it anew unless it was made with the same key
    directory=$1 of=$2 key=$3
    shift 3
    [ "$(cat "$directory.key" 2> /dev/null)" != "$key" ] || return 0
    [ "$(id -u)" = 0 ] || fail "not root: cannot make $directory"
    uri=$(archive "$codename")
    [ -n "$uri" ] || fail 'the configuration of apt names no archive of this distribution'
    say "making $directory from Debian $of"
    rm -rf "$directory" "$directory.key" "$directory.new"
    mmdebstrap --format=directory --keyring="$keyring" "$@" "$of" "$directory.new" "$uri" \
        > "$directory.log" 2>&1 || { tail -n 5 "$directory.log" >&2; fail "mmdebstrap failed: $directory.log"; }
    mv "$directory.new" "$directory"
    echo "$key" > "$directory.key"
}

# In a mount namespace of its own, so that nothing stays mounted. Its root is a mount point, as programs need it that make
# namespaces themselves.
in_sysroot() { # SYSROOT PROGRAM ARGUMENT...
    unshare --mount sh -c 'set -eu
        mount --bind "$1" "$1"
        for directory in dev proc sys; do mount --rbind "/$directory" "$1/$directory"; done
        root=$1
        shift
        exec chroot "$root" "$@"' sh "$@"
}

add_dracut_module() { # SYSROOT: bootrelay's, as render_modules left it
    rm -rf "$1/usr/lib/dracut/modules.d/90bootrelay"
    cp -r "$lab/rendered/qemu-x86_64/full/90bootrelay" "$1/usr/lib/dracut/modules.d/"
}

render_modules() {
    rm -rf "$lab/rendered"
    node dist/cli.js render platforms/qemu-x86_64.ini --output "$lab/rendered" > /dev/null 2>&1 ||
        fail 'cannot render platforms/qemu-x86_64.ini'
}
