/**
 * Two-stage boots of bootrelay against one monolithic dracut initrd and against a hand-written stage 1, in turns:
 * sizes, times by the kernel's own stamps, the smallest memory.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDracutStage1, makeHandWritten } from './competitors.js';
import { failed, inTurns, median, printTable, runProgram } from './turns.js';

const megabytes = (bytes) => (bytes === undefined ? '-' : `${(bytes / 1e6).toFixed(2)} MB`);
const startOfSystemd = /systemd\[1\]: systemd \d+\S* running/g;

/** A boot until `until` matches as often as `times`; gives the console, or undefined after the time limit. */
export async function bootOnce(
  { kernel, initrd, commandLine, disk },
  { until, times = 1, memory = 2048, limit = 150, count = false, keep = () => undefined },
) {
  const machine = [
    '-machine',
    'q35,accel=tcg',
    '-cpu',
    'max',
    '-m',
    String(memory),
    '-nodefaults',
    '-no-user-config',
  ];
  const output = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot'];
  const system = ['-kernel', kernel, '-initrd', initrd, '-append', commandLine];
  const drive = ['-drive', `file=${disk},if=virtio,format=raw,snapshot=on`];
  // Virtual time goes on with instructions: docs/system/replay.rst of QEMU.
  const clock = count ? ['-icount', 'shift=1,sleep=off'] : [];
  const qemu = spawn('qemu-system-x86_64', [...machine, ...output, ...system, ...drive, ...clock]);
  const timer = setTimeout(() => qemu.kill('SIGKILL'), limit * 1000);
  let log = '';
  const seen = () => (log.match(new RegExp(until, 'g')) ?? []).length >= times;
  for await (const bytes of qemu.stdout) {
    log += bytes.toString('latin1');
    if (seen()) qemu.kill('SIGKILL');
  }
  clearTimeout(timer);
  keep(log);
  return seen() ? log : undefined;
}

/** The same where nothing but an end is expected: a boot that has none is a failed run, whose console is kept. */
async function bootToEnd(candidate, options) {
  let all = '';
  const log = await bootOnce(candidate, {
    ...options,
    keep: (text) => {
      all = text;
    },
  });
  return log ?? failed(all, candidate.name.replaceAll(/\W+/g, '-'));
}

/** The kernel's stamp of the line with the `number`th match. */
function stamp(log, pattern, number = 1) {
  const stamps = [...log.matchAll(new RegExp(`\\[\\s*([\\d.]+)\\] [^\\n]*?(?:${pattern})`, 'g'))];
  return Number(stamps[number - 1]?.[1]);
}

/** Makes the machine of a platform with `bootrelay boot`, and keeps its disk and initrd; `full` is its full initrd. */
export function makeMachine(
  { cli, lab, kernelVersion, platform, full = 'full-initrd.img' },
  work,
  name,
  settings,
) {
  const output = join(work, name.replaceAll(/\W+/g, '-'));
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab, 'tools') };
  const args = ['--sysroot', join(lab, 'sysroot'), '--kernel', kernelVersion, '--initrd', join(lab, full)];
  const options = [
    '--output',
    output,
    '--until',
    'hand-over',
    '--accelerator',
    'tcg',
    '--keep-disk',
    '--json',
  ];
  const set = ['Initrd.SizeBudget=0', ...settings].flatMap((setting) => ['--set', setting]);
  const made = JSON.parse(
    runProgram('node', [cli, 'boot', platform, ...args, ...options, ...set], env),
  ).machine;
  return { ...made, initrd: join(output, 'initrd.img') };
}

/** How large the packed full initrd is. */
function packedSize({ cli, lab, platform }, work, settings) {
  const output = join(work, 'packed.img');
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab, 'tools') };
  const set = settings.flatMap((setting) => ['--set', setting]);
  const files = [
    '--initrd',
    join(lab, 'full-initrd.img'),
    '--sysroot',
    join(lab, 'sysroot'),
    '--output',
    output,
  ];
  runProgram('node', [cli, 'pack', platform, ...files, ...set], env);
  return statSync(output).size;
}

const image = ['FullInitrd.FileSystem=erofs'];
const thin = ['FullInitrd.Source=thin', 'FullInitrd.FileSystem=erofs'];
const thinSquashfs = ['FullInitrd.Source=thin', 'FullInitrd.FileSystem=squashfs'];
const links = [...thin, 'FullInitrd.Thin=links'];
const usr = ['FullInitrd.Source=usr'];
const systemd = ['Initrd.Init=systemd', 'Initrd.Compression=xz'];
const shellMark = { mark: 'bootrelay: switch-root', systemds: 1 };
const systemdMark = { mark: 'systemd\\[1\\]: Switching root', systemds: 2 };

/** Settings by where the full initrd is. */
export const sourceSettings = { image, thin, usr };

/** bootrelay with each FullInitrd.Source and Initrd.Init. */
const ours = [
  ['bootrelay, thin', thin, shellMark],
  ['bootrelay, thin squashfs', thinSquashfs, shellMark],
  ['bootrelay, thin, links', links, shellMark],
  ['bootrelay, usr', usr, shellMark],
  ['bootrelay, systemd, image', [...systemd, ...image], systemdMark],
  ['bootrelay, systemd, thin', [...systemd, ...thin], systemdMark],
  ['bootrelay, systemd, usr', [...systemd, ...usr], systemdMark],
];

/** All that is compared: machines with their initrd. `endsInStage2`: what its full initrd checks is not there. */
function makeCandidates(lab, work, { handWrittenInit, only }) {
  const kernel = join(lab.lab, 'sysroot/boot', `vmlinuz-${lab.kernelVersion}`);
  const own = ([name, settings, extra]) => ({
    name,
    kernel,
    ...makeMachine(lab, work, name, settings),
    inUsr: settings.includes(usr[0]) ? 0 : packedSize(lab, work, settings),
    ...extra,
  });
  const shell = own(['bootrelay, image', image, shellMark]);
  const byHand = (name, initrd, extra) => ({ ...shell, name, initrd, endsInStage2: true, ...extra });
  const monolithic = {
    ...shell,
    name: 'monolithic dracut',
    initrd: join(lab.lab, 'monolithic-initrd.img'),
    commandLine: `${shell.commandLine} mount.usr=PARTLABEL=USR-A mount.usrfstype=erofs`,
    inUsr: undefined,
    mark: undefined,
  };
  return [
    monolithic,
    ...(handWrittenInit
      ? [
          byHand('hand-written, image', makeHandWritten(lab, work, handWrittenInit, shell), {
            mark: 'STAGE1 done',
          }),
        ]
      : []),
    byHand('dracut as stage 1, image', makeDracutStage1(lab, work, shell), systemdMark),
    shell,
    ...ours.filter(([name]) => only.test(name)).map(own),
  ].filter(({ name }) => only.test(name));
}

/**
 * `runs` rounds. `handWrittenInit`: an /init to compare with, as text with @SECTORS@ and the like. `only`: names of
 * candidates. `untilMultiUser`: boots go on to multi-user.target. `memory`: look for the smallest memory too. `count`:
 * stage 1 once more by instructions instead of time.
 */
export async function benchBoots(lab, work, { runs, untilMultiUser, memory, count, ...which }) {
  const candidates = makeCandidates(lab, work, which);
  const once = async (candidate) => {
    // The hand-written one leaves no hand-over for the full initrd's check of /usr, which stops the boot there.
    const multiUser = untilMultiUser && !candidate.endsInStage2;
    const end = multiUser
      ? { until: 'Reached target \\S*multi-user\\.target' }
      : { until: startOfSystemd.source, times: candidate.systemds };
    const log = await bootToEnd(candidate, end);
    return {
      handOver: candidate.mark ? stamp(log, candidate.mark) - stamp(log, 'Run /init') : Number.NaN,
      stage2: stamp(log, startOfSystemd.source, candidate.systemds),
      multiUser: multiUser ? stamp(log, 'Reached target \\S*multi-user\\.target') : Number.NaN,
    };
  };
  const results = await inTurns(
    candidates.map((candidate) => [candidate.name, () => once(candidate)]),
    runs,
  );
  const medians = new Map(
    results.map(([name, all]) => [
      name,
      Object.fromEntries(
        Object.keys(all[0] ?? {}).map((key) => [key, median(all.map((result) => result[key]))]),
      ),
    ]),
  );
  const first = medians.get('monolithic dracut') ?? {};
  const cell = (value, reference) => {
    if (value === undefined || Number.isNaN(value)) return '-';
    const ratio =
      reference === undefined || Number.isNaN(reference) ? '' : ` (${(value / reference).toFixed(2)})`;
    return `${value.toFixed(2)} s${ratio}`;
  };
  const rows = [];
  for (const candidate of candidates) {
    const { handOver, stage2, multiUser } = medians.get(candidate.name);
    rows.push([
      candidate.name,
      megabytes(readFileSync(candidate.initrd).length),
      megabytes(candidate.inUsr),
      cell(handOver, medians.get('hand-written, image')?.handOver),
      cell(stage2, first.stage2),
      cell(multiUser, first.multiUser),
      memory && !candidate.endsInStage2 ? await smallestMemory(candidate) : '-',
      ...(count ? [await countStage1(candidate)] : []),
    ]);
  }
  console.log(
    `\nBoots, medians of ${runs}, in turns; ratios to hand-written (first time) and monolithic (others)\n`,
  );
  printTable(
    [
      '',
      'in /boot',
      'in /usr',
      '/init -> hand-over',
      'kernel -> stage-2 PID 1',
      'kernel -> multi-user',
      'memory',
      ...(count ? ['/init -> hand-over, counted'] : []),
    ],
    rows,
  );
}

/** /init -> hand-over by the number of instructions, two of them a nanosecond: nearly the same in each run. */
async function countStage1(candidate) {
  if (!candidate.mark) return '-';
  const log = await bootOnce(candidate, { until: candidate.mark, count: true, limit: 300 });
  return log ? `${(stamp(log, candidate.mark) - stamp(log, 'Run /init')).toFixed(3)} s` : 'does not end';
}

/** The smallest memory, in steps of 8 MiB, with which the full initrd reaches sysinit.target. */
async function smallestMemory(candidate) {
  let [fails, works] = [48, 320];
  while (works - fails > 8) {
    const memory = Math.round((fails + works) / 16) * 8;
    const end = { until: 'Reached target \\S*sysinit\\.target', memory, limit: 45 };
    if (await bootOnce(candidate, end)) works = memory;
    else fails = memory;
  }
  return `${works} MiB`;
}

/** Formats of the image: size in /usr, time to pack, and time from the kernel to sysinit.target of the full initrd. */
export async function benchFormats(lab, work, runs) {
  const kernel = join(lab.lab, 'sysroot/boot', `vmlinuz-${lab.kernelVersion}`);
  const formats = [
    ...['zstd', 'xz', 'gzip', 'lz4'].map((name) => ['squashfs', name, 'auto']),
    ['squashfs', 'zstd', '1M'],
    ...['lz4hc', 'zstd', 'none'].map((name) => ['erofs', name, 'auto']),
    ['erofs', 'lz4hc', '4K'],
  ];
  const machines = formats.map(([fileSystem, compression, blockSize]) => {
    const settings = [
      `FullInitrd.FileSystem=${fileSystem}`,
      `FullInitrd.Compression=${compression}`,
      ...(compression === 'none' ? [] : [`FullInitrd.BlockSize=${blockSize}`]),
    ];
    const name = `${fileSystem}, ${compression}, ${blockSize}`;
    const start = performance.now();
    const inUsr = packedSize(lab, work, settings);
    const packing = (performance.now() - start) / 1000;
    const made = { name, kernel, inUsr, packing, ...makeMachine(lab, work, name, settings) };
    const initrd = join(work, `${name.replaceAll(/\W+/g, '-')}.img`);
    copyFileSync(made.initrd, initrd);
    return { ...made, initrd };
  });
  const end = { until: 'Reached target \\S*sysinit\\.target' };
  const once = async (machine) => {
    const log = await bootToEnd(machine, end);
    return { stage2: stamp(log, startOfSystemd.source), sysinit: stamp(log, end.until) };
  };
  const results = new Map(
    await inTurns(
      machines.map((machine) => [machine.name, () => once(machine)]),
      runs,
    ),
  );
  console.log(`\nFormats of the image, medians of ${runs}, in turns\n`);
  printTable(
    [
      'file system, compression, block size',
      'in /usr',
      'pack',
      'kernel -> stage-2 PID 1',
      'kernel -> sysinit.target',
    ],
    machines.map(({ name, inUsr, packing }) => {
      const of = (key) => `${median(results.get(name).map((result) => result[key])).toFixed(2)} s`;
      return [name, megabytes(inUsr), `${packing.toFixed(1)} s`, of('stage2'), of('sysinit')];
    }),
  );
}
