/**
 * The whole boot, from the start of the machine: OVMF starts a UKI, without and with a TPM. One with a monolithic dracut
 * initrd, and ours with a thin full initrd, or the system's own /usr, in turns; and the same two of an ordinary system,
 * whose root has its own /usr, ours with the image on a partition of its own.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeMachine, sourceSettings } from './boots.js';
import { failed, inTurns, median, printTable, runProgram } from './turns.js';

const firmware = '/usr/share/OVMF/OVMF_CODE_4M.fd';

/** What is waited for, in its order: a regular expression for the console. */
const marks = [
  ['firmware hands over', /BdsDxe: starting Boot/],
  ['/init', /Run \/init as init process/],
  ['hand-over', /bootrelay: switch-root\r?\n/],
  ['stage-2 PID 1', /systemd\[1\]: systemd \d+\S* running/],
  ['sysinit', /Reached target \S*sysinit\.target/],
  ['multi-user', /Reached target \S*multi-user\.target/],
];

/** A boot until the last mark; gives the seconds from the start of QEMU to each, or undefined after the time limit. */
async function bootFrom({ esp, disk, tpm, work, memory = 2048, limit = 240, until = 'multi-user' }) {
  const directory = mkdtempSync(join(work, 'firmware-'));
  const variables = join(directory, 'variables.fd');
  copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', variables);
  const tpmArgs = tpm ? await startTpm(directory) : [];
  const drive = (file, id, order) => [
    ...['-drive', `file=${file},if=none,id=${id},format=raw,snapshot=on`],
    ...['-device', `virtio-blk-pci,drive=${id}${order}`],
  ];
  const qemu = spawn('qemu-system-x86_64', [
    ...['-machine', 'q35,accel=tcg', '-cpu', 'max', '-m', String(memory), '-nodefaults', '-no-user-config'],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot'],
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${firmware}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${variables}`],
    ...drive(disk, 'system', ''),
    ...drive(esp, 'esp', ',bootindex=0'),
    ...tpmArgs,
  ]);
  const start = performance.now();
  const timer = setTimeout(() => qemu.kill('SIGKILL'), limit * 1000);
  const times = {};
  let log = '';
  for await (const bytes of qemu.stdout) {
    log += bytes.toString('latin1');
    for (const [name, pattern] of marks)
      if (!(name in times) && pattern.test(log)) times[name] = (performance.now() - start) / 1000;
    if (until in times) qemu.kill('SIGKILL');
  }
  clearTimeout(timer);
  if (until in times) return times;
  return until === 'multi-user' ? failed(log, directory) : undefined;
}

async function startTpm(directory) {
  const socket = join(directory, 'socket');
  const state = ['--tpmstate', `dir=${directory}`, '--ctrl', `type=unixio,path=${socket}`];
  spawn('swtpm', ['socket', '--tpm2', '--terminate', ...state], { stdio: 'ignore' });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  return [
    '-chardev',
    `socket,id=tpm,path=${socket}`,
    '-tpmdev',
    'emulator,id=tpm0,chardev=tpm',
    '-device',
    'tpm-tis,tpmdev=tpm0',
  ];
}

/** A UKI of this initrd in an ESP, where the firmware finds it by itself; its size, and the ESP's file. */
function makeEsp({ cli, lab, kernelVersion, platform }, work, name, { initrd, commandLine }) {
  const directory = join(work, name.replaceAll(/\W+/g, '-'));
  mkdirSync(directory, { recursive: true });
  const uki = join(directory, 'uki.efi');
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab, 'tools') };
  const words = ['--set', 'Uki.Slots=addon', '--append', commandLine];
  const system = ['--sysroot', join(lab, 'sysroot'), '--kernel', kernelVersion, '--initrd', initrd];
  runProgram('node', [cli, 'uki', platform, ...system, ...words, '--output', uki], env);
  const esp = join(directory, 'esp.img');
  writeFileSync(esp, '');
  truncateSync(esp, Math.ceil(statSync(uki).size / 1e6 + 40) * 1024 * 1024);
  runProgram('/usr/sbin/mkfs.vfat', ['-F', '32', esp]);
  runProgram('mmd', ['-i', esp, '::EFI', '::EFI/BOOT']);
  runProgram('mcopy', ['-i', esp, uki, '::EFI/BOOT/BOOTX64.EFI']);
  return { esp, size: statSync(uki).size };
}

/** The smallest memory, in steps of 16 MiB, with which the initrd reaches sysinit.target; the firmware needs some of it. */
async function smallestMemory(candidate, work) {
  let [fails, works] = [96, 640];
  while (works - fails > 16) {
    const memory = Math.round((fails + works) / 32) * 16;
    if (await bootFrom({ ...candidate, work, memory, until: 'sysinit', limit: 100 })) works = memory;
    else fails = memory;
  }
  return works;
}

const namesOfUsr = ['monolithic dracut', 'bootrelay, thin', 'bootrelay, usr'];
const namesOfOrdinary = ['ordinary, monolithic', 'ordinary, bootrelay'];

/** A system with a verity /usr: its initrd in the UKI, or split. */
function systemsOfUsr(lab, work) {
  const [reference, ...names] = namesOfUsr;
  const [thin, usr] = [sourceSettings.thin, sourceSettings.usr].map((settings, index) => ({
    name: names[index],
    reference,
    ...makeMachine(lab, work, names[index], settings),
  }));
  const monolithic = {
    ...thin,
    name: reference,
    initrd: join(lab.lab, 'monolithic-initrd.img'),
    commandLine: `${thin.commandLine} mount.usr=PARTLABEL=USR-A mount.usrfstype=erofs`,
  };
  return [monolithic, thin, usr];
}

/** An ordinary system: its initrd in the UKI, or in an image that a UKI with the minimal initrd verifies. */
function ordinarySystem(lab, work) {
  const [reference, name] = namesOfOrdinary;
  const full = 'monolithic-initrd.img';
  const settings = [
    ...['Modules.Load=listed', 'Modules.ModuleDirectories=', 'Modules.Modules=virtio_blk'],
    ...['FullInitrd.HostDevice=PARTLABEL=IMAGE', 'FullInitrd.HostFileSystem=ext4'],
  ];
  const own = makeMachine({ ...lab, platform: lab.ordinary, full }, work, 'ordinary', settings);
  return [
    { ...own, name: reference, initrd: join(lab.lab, full), reference },
    { ...own, name, reference },
  ];
}

/** `runs` rounds of all candidates; a boot that fails is told, and the others go on. */
export async function benchFirmware(lab, work, { runs, only, memory }) {
  const suffixes = ['', ', TPM'];
  const wanted = (names) => names.some((name) => suffixes.some((suffix) => only.test(name + suffix)));
  const ofUsr = wanted(namesOfUsr) ? systemsOfUsr(lab, work) : [];
  const ordinary = wanted(namesOfOrdinary) ? ordinarySystem(lab, work) : [];
  const suffix = (tpm) => (tpm ? ', TPM' : '');
  const candidates = [...ofUsr, ...ordinary].flatMap((candidate) =>
    [false, true].map((tpm) => ({
      ...candidate,
      tpm,
      name: `${candidate.name}${suffix(tpm)}`,
      reference: `${candidate.reference}${suffix(tpm)}`,
    })),
  );
  const made = candidates
    .filter(({ name }) => only.test(name))
    .map((candidate) => ({ ...candidate, ...makeEsp(lab, work, candidate.name, candidate) }));
  const results = new Map(
    await inTurns(
      made.map((candidate) => [candidate.name, () => bootFrom({ ...candidate, work })]),
      runs,
    ),
  );
  const medianOf = (name, mark) => {
    const all = (results.get(name) ?? []).map((times) => times?.[mark]).filter((time) => time !== undefined);
    return all.length > 0 ? median(all) : undefined;
  };
  const cell = (name, mark, against) => {
    const [time, reference] = [medianOf(name, mark), medianOf(against, mark)];
    if (time === undefined) return '-';
    return `${time.toFixed(1)} s${reference === undefined ? '' : ` (${(time / reference).toFixed(2)})`}`;
  };
  console.log(
    `\nFrom the start of the machine, medians of ${runs}, in turns; ratios to the monolithic one\n`,
  );
  const ratio = (value, of) => (of === undefined ? '' : ` (${(value / of).toFixed(2)})`);
  const sizeOf = (wanted) => made.find(({ name }) => name === wanted)?.size;
  const memories = new Map();
  if (memory)
    for (const candidate of made) memories.set(candidate.name, await smallestMemory(candidate, work));
  printTable(
    ['', 'UKI', ...marks.map(([name]) => name), ...(memory ? ['smallest memory'] : [])],
    made.map(({ name, size, reference }) => [
      name,
      `${(size / 1e6).toFixed(1)} MB${ratio(size, sizeOf(reference))}`,
      ...marks.map(([mark]) => cell(name, mark, reference)),
      ...(memory ? [`${memories.get(name)} MiB${ratio(memories.get(name), memories.get(reference))}`] : []),
    ]),
  );
}
