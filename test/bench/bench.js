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
import { benchFirmware } from './firmware.js';
import { inTurns, median, printTimes, runProgram, time } from './turns.js';

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
        ['check of 1,000 platforms', () => time('node', [cli, 'check', ...files])],
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

/** Builds that share a kernel, one after the other as Ninja starts them: what each further one costs. */
async function benchMatrix(lab) {
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab.lab, 'tools') };
  const pairs = 20;
  const platforms = Array.from({ length: pairs }, (_, index) => {
    const file = join(work, `pair${index}.ini`);
    writeFileSync(file, `[Platform]\nExtends=bootrelay:qemu-x86_64\n[Emergency]\nDelay=${index}s\n`);
    return file;
  });
  const builds = (count) => () => {
    const output = mkdtempSync(join(work, 'pairs-'));
    const args = [
      'matrix',
      ...platforms.slice(0, count),
      '--sysroot',
      join(lab.lab, 'sysroot'),
      '--output',
      output,
    ];
    const ninja = runProgram('node', [cli, ...args, '--format', 'ninja', '--program', cli], env);
    writeFileSync(join(output, 'build.ninja'), ninja);
    return time('ninja', ['-C', output, '-j', '1'], env);
  };
  console.log(`\nBuilds by Ninja, one at a time, median of ${runs}`);
  const results = await inTurns(
    [
      ['one pair', builds(1)],
      [`${pairs} pairs`, builds(pairs)],
    ],
    runs,
  );
  printTimes(results);
  const [[, one], [, all]] = results;
  const further = (median(all) - median(one)) / (pairs - 1);
  console.log(`each further pair: ${further.toFixed(2)} s, ${(further / median(one)).toFixed(2)} of one`);
}

/** BENCH_PARTS: of `render tools matrix boots firmware formats`, by default the first three. All but rendering needs the lab. */
async function bench() {
  const parts = (process.env.BENCH_PARTS ?? 'render tools boots').split(' ');
  if (parts.includes('render')) await benchRender();
  if (!existsSync(join(labDirectory, 'kernel'))) {
    console.log('\nPacking, building and boots are left out: they need the lab (test/lab/make.sh)');
    return;
  }
  const kernelVersion = readFileSync(join(labDirectory, 'kernel'), 'utf8').trim();
  const [platform, ordinary] = ['qemu-x86_64', 'any-linux'].map((name) =>
    join(root, `platforms/${name}.ini`),
  );
  const lab = { cli, lab: labDirectory, kernelVersion, platform, ordinary };
  const [qemu] = runProgram('qemu-system-x86_64', ['--version']).split('\n');
  console.log(`\n${qemu}, emulation; kernel ${kernelVersion}`);
  if (parts.includes('tools')) await benchTools(lab);
  if (parts.includes('matrix')) await benchMatrix(lab);
  if (parts.includes('formats')) await benchFormats(lab, work, runs);
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  const memory = process.env.BENCH_MEMORY === '1';
  if (parts.includes('firmware')) await benchFirmware(lab, work, { runs, only, memory });
  if (!parts.includes('boots')) return;
  await benchBoots(lab, work, {
    runs,
    handWrittenInit: process.env.BENCH_BASELINE_INIT,
    only,
    untilMultiUser: process.env.BENCH_UNTIL === 'multi-user',
    memory,
    count: process.env.BENCH_COUNT === '1',
  });
}

try {
  await bench();
} finally {
  rmSync(work, { recursive: true, force: true });
}
