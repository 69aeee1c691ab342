/** Stage 1 by others, for a machine that bootrelay made: what its times are compared with. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Where the file system on the first partition ends, and its verity superblock's salt, from the disk. */
const verityOfDisk = `
blocks=$(dd if="$disk" bs=1M skip=1 status=none | od -An -v -tu4 -j 1060 -N 4 | tr -d ' ')
salt=$(dd if="$disk" bs=4096 skip=$((256 + blocks)) count=1 status=none | od -An -v -tx1 -j 88 -N 32 | tr -d ' \\n')
`;

function runScript(script, variables) {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const env = { ...process.env, PATH: `/usr/sbin:/usr/bin:${process.env.PATH}` };
  const { status, stderr } = spawnSync('env', [...assignments, 'sh', '-euc', verityOfDisk + script], {
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(stderr);
}

/** The hand-written stage 1: busybox, dmsetup with its libraries, ten modules, zstd -19. Gives the initrd. */
export function makeHandWritten({ lab, kernelVersion }, work, init, { rootHash, disk }) {
  const image = join(work, 'hand-written.img');
  const tree = join(work, 'hand-written');
  const sysroot = join(lab, 'sysroot');
  runScript(handWritten, { tree, sysroot, kernel: kernelVersion, init, root_hash: rootHash, disk, image });
  return image;
}

const handWritten = `
mkdir -p "$tree/bin" "$tree/sbin" "$tree/mods" "$tree/proc" "$tree/dev" "$tree/sys" "$tree/sysusr/usr" "$tree/next" "$tree/lib64" "$tree/usr/lib/x86_64-linux-gnu"
ln -s usr/lib "$tree/lib"
cp "$sysroot/usr/bin/busybox" "$tree/bin/"
for applet in sh mount insmod switch_root mkdir ln; do ln -s busybox "$tree/bin/$applet"; done
cp "$sysroot/usr/sbin/dmsetup" "$tree/sbin/"
lddtree -R "$sysroot" -l /usr/sbin/dmsetup | grep '/lib/' | while read -r file; do cp -L "$file" "$tree/usr/lib/x86_64-linux-gnu/"; done
cp -L "$sysroot/lib64/ld-linux-x86-64.so.2" "$tree/lib64/"
for module in libcrc32c virtio_blk dm-mod dm-bufio reed_solomon sha256-ssse3 dm-verity erofs overlay loop; do
  xz -dc "$(find "$sysroot/usr/lib/modules/$kernel/kernel" -name "$module.ko.xz")" > "$tree/mods/$module.ko"
done
mknod "$tree/dev/console" c 5 1
sed -e "s/@SECTORS@/$((blocks * 8))/;s/@BLOCKS@/$blocks/;s/@START@/$((blocks + 1))/;s/@ROOTHASH@/$root_hash/;s/@SALT@/$salt/" "$init" > "$tree/init"
chmod 755 "$tree/init"
(cd "$tree" && find . | sort | cpio -o -H newc --quiet) | zstd -19 -q > "$image"
`;

/** dracut's smallest systemd initrd as stage 1, with four units by hand in a second cpio. Gives the initrd. */
export function makeDracutStage1({ lab }, work, { rootHash, disk }) {
  const image = join(work, 'dracut-stage-1.img');
  const variables = { tree: join(work, 'dracut-stage-1'), root_hash: rootHash, disk, image };
  runScript(dracutStage1, { ...variables, initrd: join(lab, 'stage-1-initrd.img') });
  return image;
}

const dracutStage1 = `
units=$tree/etc/systemd/system
mkdir -p "$units" "$tree/sysusr/usr" "$tree/image" "$tree/overlay" "$tree/full"
cat > "$units/initrd.target" << END
[Unit]
Requires=basic.target by-hand-switch.service
After=basic.target by-hand-switch.service
AllowIsolate=yes
END
cat > "$units/by-hand-verity.service" << END
[Unit]
DefaultDependencies=no
Requires=dev-disk-by\\\\x2dpartlabel-USR\\\\x2dA.device
After=dev-disk-by\\\\x2dpartlabel-USR\\\\x2dA.device
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/systemd/systemd-veritysetup attach usr /dev/disk/by-partlabel/USR-A /dev/disk/by-partlabel/USR-A $root_hash hash-offset=$((blocks * 4096)),panic-on-corruption
END
cat > "$units/sysusr-usr.mount" << END
[Unit]
DefaultDependencies=no
Requires=by-hand-verity.service
After=by-hand-verity.service
[Mount]
What=/dev/mapper/usr
Where=/sysusr/usr
Type=erofs
Options=ro
END
cat > "$units/by-hand-full.service" << END
[Unit]
DefaultDependencies=no
Requires=sysusr-usr.mount
After=sysusr-usr.mount
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=mount -t erofs -o ro,loop /sysusr/usr/lib/bootrelay/initrd.img /image
ExecStart=mount -t tmpfs tmpfs /overlay
ExecStart=sh -c 'mkdir /overlay/upper /overlay/work'
ExecStart=mount -t overlay -o lowerdir=/image,upperdir=/overlay/upper,workdir=/overlay/work overlay /full
ExecStart=sh -c 'mkdir -p /full/sysusr/usr'
ExecStart=mount --bind /sysusr/usr /full/sysusr/usr
END
cat > "$units/by-hand-switch.service" << END
[Unit]
DefaultDependencies=no
Requires=by-hand-full.service
After=by-hand-full.service
[Service]
Type=oneshot
ExecStart=systemctl --no-block switch-root /full /init
END
(cd "$tree" && find . | sort | cpio -o -H newc --quiet) | zstd -19 -q | cat "$initrd" - > "$image"
`;
