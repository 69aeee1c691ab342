/**
 * `npm run bench`: how long rendering takes, and, with the lab, how stage 1 compares with a hand-written one.
 * Compares in turns, prints medians and ratios, states versions. BENCH_RUNS sets the rounds (default 5);
 * BENCH_BASELINE_INIT names a hand-written /init with @SECTORS@ @BLOCKS@ @START@ @ROOTHASH@ @SALT@ in it.
 */
import { spawn, spawnSync } from 'node:child_process';
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

const root = new URL('../../', import.meta.url).pathname;
const cli = join(root, 'dist/cli.js');
const runs = Number(process.env.BENCH_RUNS ?? 5);
const work = mkdtempSync(join(tmpdir(), 'bootrelay-bench-'));
const lab =
  process.env.BOOTRELAY_LAB ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bootrelay/lab');

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function time(program, args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

/** Runs each candidate once a round; gives for each the results of all rounds. */
async function inTurns(candidates, rounds) {
  const times = new Map(candidates.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, once] of candidates) times.get(name).push(await once());
  return [...times];
}

/** Medians of what `pick` takes from each result, in seconds. */
function medians(results, pick = (seconds) => seconds) {
  return results.map(([name, all]) => [name, median(all.map(pick)), all.map(pick)]);
}

function print(rows, baseline) {
  const reference = rows.find(([name]) => name === baseline)?.[1];
  for (const [name, seconds, all] of rows) {
    const ratio = reference ? `  ${(seconds / reference).toFixed(2)} of ${baseline}` : '';
    console.log(
      `${name.padEnd(34)} ${seconds.toFixed(3).padStart(8)} s  (${Math.min(...all).toFixed(3)}-${Math.max(...all).toFixed(3)})${ratio}`,
    );
  }
}

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
  print(
    medians(
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
    ),
  );
}

/**
 * Seconds to the line that has `mark`, by the kernel's own stamps: since "Run /init", and since the kernel started
 * (which counts the decompression of the initrd). QEMU is ended there.
 */
async function bootOnce(machine, initrd, mark) {
  const qemu = spawn('qemu-system-x86_64', [
    ...[
      '-machine',
      'q35,accel=tcg',
      '-cpu',
      'max',
      '-m',
      '2048',
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
    ],
    ...['-monitor', 'none', '-serial', 'stdio', '-no-reboot', '-kernel', machine.kernel, '-initrd', initrd],
    ...['-append', machine.commandLine, '-drive', `file=${machine.disk},if=virtio,format=raw,snapshot=on`],
  ]);
  const limit = setTimeout(() => qemu.kill('SIGKILL'), 120_000);
  let log = '';
  for await (const bytes of qemu.stdout) {
    log += bytes.toString('latin1');
    if (new RegExp(mark).test(log)) qemu.kill('SIGKILL');
  }
  clearTimeout(limit);
  const stamp = (text) => Number(new RegExp(`\\[\\s*([\\d.]+)\\] ${text}`).exec(log)?.[1]);
  return { sinceInit: stamp(mark) - stamp('Run /init'), sinceKernel: stamp(mark) };
}

async function benchStage1() {
  const baseline = process.env.BENCH_BASELINE_INIT;
  if (!existsSync(join(lab, 'kernel')) || !baseline) {
    console.log('\nStage 1 is left out: it needs the lab (test/lab/make.sh) and BENCH_BASELINE_INIT');
    return;
  }
  const kernel = readFileSync(join(lab, 'kernel'), 'utf8').trim();
  const output = join(work, 'boot');
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab, 'tools') };
  const args = [
    'boot',
    join(root, 'platforms/qemu-x86_64.ini'),
    '--sysroot',
    join(lab, 'sysroot'),
    '--kernel',
    kernel,
    '--initrd',
    join(lab, 'full-initrd.img'),
    '--output',
    output,
    '--until',
    'hand-over',
    '--accelerator',
    'tcg',
    '--keep-disk',
    '--json',
  ];
  const made = spawnSync('node', [cli, ...args], { encoding: 'utf8', env });
  if (made.status !== 0) throw new Error(made.stderr);
  const { rootHash, commandLine, disk } = JSON.parse(made.stdout).machine;
  const machine = { kernel: join(lab, 'sysroot/boot', `vmlinuz-${kernel}`), commandLine, disk };
  const hand = makeBaseline(baseline, kernel, rootHash, disk);
  const own = join(output, 'initrd.img');
  const size = (file) => `${(readFileSync(file).length / 1e6).toFixed(2)} MB`;
  const qemu = spawnSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
  const systemd = (compression) => buildSystemd(kernel, compression);
  const [xz, zstd] = [systemd('xz'), systemd('zstd')];
  const switched = 'systemd\\[1\\]: Switching root';
  const candidates = [
    [`hand-written, ${size(hand)}`, hand, 'STAGE1 done'],
    [`shell, ${size(own)}`, own, 'bootrelay: switch-root'],
    [`systemd, xz, ${size(xz)}`, xz, switched],
    [`systemd, zstd, ${size(zstd)}`, zstd, switched],
  ];
  const results = await inTurns(
    candidates.map(([name, initrd, mark]) => [name, () => bootOnce(machine, initrd, mark)]),
    runs,
  );
  const baselineName = candidates[0][0];
  console.log(`\n/init -> hand-over, median of ${runs}, in turns (${qemu}, emulation, kernel ${kernel})`);
  print(
    medians(results, ({ sinceInit }) => sinceInit),
    baselineName,
  );
  console.log('\nkernel -> hand-over, the same boots');
  print(
    medians(results, ({ sinceKernel }) => sinceKernel),
    baselineName,
  );
}

/** The minimal initrd of the systemd form; gives its file. */
function buildSystemd(kernel, compression) {
  const output = join(work, `systemd-${compression}`);
  const settings = ['--set', `Initrd.Compression=${compression}`, '--set', 'Initrd.SizeBudget=0'];
  const args = ['--sysroot', join(lab, 'sysroot'), '--kernel', kernel, '--output', output, ...settings];
  const platform = join(root, 'platforms/qemu-x86_64-systemd.ini');
  const built = spawnSync('node', [cli, 'build', platform, ...args], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  return join(output, 'initrd.img');
}

/** The hand-written stage 1: busybox, dmsetup with its libraries, ten modules, zstd -19. */
function makeBaseline(init, kernel, rootHash, disk) {
  const image = join(work, 'baseline.img');
  const table = spawnSync(
    'sh',
    ['-euc', baselineScript, 'sh', work, join(lab, 'sysroot'), kernel, init, rootHash, disk, image],
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

try {
  await benchRender();
  await benchStage1();
} finally {
  rmSync(work, { recursive: true, force: true });
}
