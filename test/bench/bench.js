/**
 * `npm run bench`: how long rendering, packing and building take, and, with the lab, how the boots compare. In turns,
 * medians and ratios. BENCH_RUNS: rounds (5). BENCH_UNTIL=multi-user: boots go on to multi-user.target. BENCH_MEMORY=1:
 * the smallest memory that boots. BENCH_FORMATS=1: formats of the image. BENCH_BASELINE_INIT: a hand-written /init with
 * @SECTORS@ @BLOCKS@ @START@ @ROOTHASH@ @SALT@ in it.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchBoots, benchFormats } from './boots.js';
import { inTurns, printTimes, runProgram, time } from './turns.js';

const root = new URL('../../', import.meta.url).pathname;
const cli = join(root, 'dist/cli.js');
const runs = Number(process.env.BENCH_RUNS ?? 5);
const work = mkdtempSync(join(tmpdir(), 'bootrelay-bench-'));
const labDirectory =
  process.env.BOOTRELAY_LAB ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bootrelay/lab');

async function benchRender() {
  const many = join(work, 'many');
  mkdirSync(many);
  copyFileSync(join(root, 'platforms/base.ini'), join(many, 'base.ini'));
  const files = Array.from({ length: 1000 }, (_, index) => {
    const file = join(many, `p${index}.ini`);
    writeFileSync(file, `[Platform]\nExtends=base.ini\n[Usr]\nDevice=PARTLABEL=USR-${index}\n`);
    return file;
  });
  console.log(`\nRender, whole process, median of ${runs} (Node ${process.version})`);
  printTimes(
    await inTurns(
      [
        ['node -e 0', () => time('node', ['-e', '0'])],
        [
          'one platform',
          () =>
            time('node', [
              cli,
              'render',
              join(root, 'platforms/qemu-x86_64.ini'),
              '--output',
              join(work, 'one'),
            ]),
        ],
        [
          '1,000 platforms',
          () => time('node', [cli, 'render', ...files, '--output', mkdtempSync(join(work, 'all-'))]),
        ],
      ],
      runs,
    ),
  );
}

/** Packing the lab's full initrd, and building the minimal one. */
async function benchTools(lab) {
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab.lab, 'tools') };
  const sysroot = ['--sysroot', join(lab.lab, 'sysroot')];
  const pack = (...settings) => {
    const set = settings.flatMap((setting) => ['--set', setting]);
    const files = [
      '--initrd',
      join(lab.lab, 'full-initrd.img'),
      ...sysroot,
      '--output',
      join(work, 'packed'),
    ];
    return () => time('node', [cli, 'pack', lab.platform, ...files, ...set], env);
  };
  const build = (platform) => () =>
    time('node', [
      cli,
      'build',
      join(root, 'platforms', platform),
      ...sysroot,
      ...['--kernel', lab.kernelVersion, '--output', join(work, 'built')],
    ]);
  console.log(`\nPack and build, whole process, median of ${runs}`);
  printTimes(
    await inTurns(
      [
        ['pack, erofs', pack('FullInitrd.FileSystem=erofs')],
        ['pack, squashfs', pack('FullInitrd.FileSystem=squashfs')],
        ['pack, thin squashfs', pack('FullInitrd.FileSystem=squashfs', 'FullInitrd.Source=thin')],
        ['pack, thin erofs', pack('FullInitrd.FileSystem=erofs', 'FullInitrd.Source=thin')],
        ['build qemu-x86_64', build('qemu-x86_64.ini')],
        ['build generic-x86_64', build('generic-x86_64.ini')],
        ['build qemu-x86_64-systemd', build('qemu-x86_64-systemd.ini')],
      ],
      runs,
    ),
  );
}

/** The hand-written stage 1: busybox, dmsetup with its libraries, ten modules, zstd -19. */
function makeBaseline(init, kernel, { rootHash, disk }) {
  const image = join(work, 'baseline.img');
  const table = spawnSync(
    'sh',
    ['-euc', baselineScript, 'sh', work, join(labDirectory, 'sysroot'), kernel, init, rootHash, disk, image],
    { encoding: 'utf8' },
  );
  if (table.status !== 0) throw new Error(table.stderr);
  return image;
}

const baselineScript = `
tree=$1/baseline sysroot=$2 kernel=$3
mkdir -p "$tree/bin" "$tree/sbin" "$tree/mods" "$tree/proc" "$tree/dev" "$tree/sys" "$tree/sysusr/usr" "$tree/next" "$tree/lib64" "$tree/usr/lib/x86_64-linux-gnu"
ln -s usr/lib "$tree/lib"
cp "$sysroot/usr/bin/busybox" "$tree/bin/"
for applet in sh mount insmod switch_root mkdir ln; do ln -s busybox "$tree/bin/$applet"; done
cp "$sysroot/usr/sbin/dmsetup" "$tree/sbin/"
PATH=/usr/bin:$PATH
lddtree -R "$sysroot" -l /usr/sbin/dmsetup | grep '/lib/' | while read -r file; do cp -L "$file" "$tree/usr/lib/x86_64-linux-gnu/"; done
cp -L "$sysroot/lib64/ld-linux-x86-64.so.2" "$tree/lib64/"
for module in libcrc32c virtio_blk dm-mod dm-bufio reed_solomon sha256-ssse3 dm-verity erofs overlay loop; do
  xz -dc "$(find "$sysroot/usr/lib/modules/$kernel/kernel" -name "$module.ko.xz")" > "$tree/mods/$module.ko"
done
mknod "$tree/dev/console" c 5 1
# The data size of the first partition's verity superblock, found behind the erofs.
set -- "$@" "$(dd if="$6" bs=1M skip=1 status=none | od -An -v -tu4 -j 1060 -N 4 | tr -d ' ')"
blocks=$8
salt=$(dd if="$6" bs=4096 skip=$((256 + blocks)) count=1 status=none | od -An -v -tx1 -j 88 -N 32 | tr -d ' \\n')
sed -e "s/@SECTORS@/$((blocks * 8))/;s/@BLOCKS@/$blocks/;s/@START@/$((blocks + 1))/;s/@ROOTHASH@/$5/;s/@SALT@/$salt/" "$4" > "$tree/init"
chmod 755 "$tree/init"
(cd "$tree" && find . | sort | cpio -o -H newc --quiet) | zstd -19 -q > "$7"
`;

/** All with versions; the boots need the lab. */
async function bench() {
  await benchRender();
  if (!existsSync(join(labDirectory, 'kernel'))) {
    console.log('\nPacking, building and boots are left out: they need the lab (test/lab/make.sh)');
    return;
  }
  const kernelVersion = readFileSync(join(labDirectory, 'kernel'), 'utf8').trim();
  const lab = { cli, lab: labDirectory, kernelVersion, platform: join(root, 'platforms/qemu-x86_64.ini') };
  const [qemu] = runProgram('qemu-system-x86_64', ['--version']).split('\n');
  console.log(`\n${qemu}, emulation; kernel ${kernelVersion}`);
  await benchTools(lab);
  const init = process.env.BENCH_BASELINE_INIT;
  await benchBoots(lab, work, {
    runs,
    baseline: (machine) => (init ? makeBaseline(init, kernelVersion, machine) : undefined),
    untilMultiUser: process.env.BENCH_UNTIL === 'multi-user',
    memory: process.env.BENCH_MEMORY === '1',
  });
  if (process.env.BENCH_FORMATS === '1') await benchFormats(lab, work, runs);
}

try {
  await bench();
} finally {
  rmSync(work, { recursive: true, force: true });
}
