/** `check --like`: no device that another initrd drives is left without a driver. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Finding, formatFinding } from '../../src/findings.ts';
import { readInitrdFiles } from '../../src/initrd/files.ts';
import { configure } from '../config/platform-files.ts';
import { newcTree, type Raw } from '../initrd/newc-archive.ts';
import { dep, emptySysroot, kernelOf } from '../sysroot/kernel-tree.ts';
import { findingsOf } from './findings-of.ts';

const file = (name: string, data: string | Buffer = ''): Raw => ({ name, data, mode: 0o100644 });

/** The drivers that were missed by people who made an initrd smaller. */
const families = {
  mptspi: ['message/fusion', 'pci:v00001000d00000030sv*sd*bc*sc*i*'],
  lpfc: ['scsi/lpfc', 'pci:v000010DFd0000F100sv*sd*bc*sc*i*'],
  qla2xxx: ['scsi/qla2xxx', 'pci:v00001077d00002532sv*sd*bc*sc*i*'],
  hv_storvsc: ['scsi', 'vmbus:4acc9b2f6900f34ab76b6fd0be528cda'],
  vmd: ['pci/controller', 'pci:v00008086d0000201Dsv*sd*bc*sc*i*'],
  smartpqi: ['scsi/smartpqi', 'pci:v00009005d0000028Fsv*sd*bc*sc*i*'],
  mpi3mr: ['scsi/mpi3mr', 'pci:v00001000d000000A5sv*sd*bc*sc*i*'],
} as const;

const others = {
  xhci_pci: ['usb/host', 'pci:v*d*sv*sd*bc0Csc03i30*'],
  'usb-storage': ['usb/storage', 'usb:v0781p5580d*dc*dsc*dp*ic*isc*ip*in*'],
  virtio_pci: ['virtio', 'pci:v00001AF4d*sv*sd*bc*sc*i*'],
  usbhid: ['hid/usbhid', 'usb:v*p*d*dc*dsc*dp*ic03isc*ip*in*'],
  psmouse: ['input/mouse', 'serio:ty05pr*id*ex*'],
  atkbd: ['input/keyboard', 'serio:ty06pr*id*ex*'],
  e1000e: ['net/ethernet/intel/e1000e', 'pci:v00008086d0000105Esv*sd*bc02sc00i*'],
  i915: ['gpu/drm/i915', 'pci:v00008086d00003577sv*sd*bc03sc*i*'],
  st: ['scsi', 'scsi:t-0x01*'],
} as const;

const all = { ...families, ...others };
type Name = keyof typeof all;
const names = Object.keys(all) as readonly Name[];

const pathOf = (name: Name) => `kernel/drivers/${all[name][0]}/${name}.ko.xz`;
const aliasesOf = (some: readonly Name[]) =>
  some.map((name) => `alias ${all[name][1]} ${name.replaceAll('-', '_')}\n`).join('');

const kernelWith = (modules: readonly Name[], builtIn: readonly Name[] = []) =>
  kernelOf({
    'tree/modules.dep': dep(...modules.map(pathOf)),
    'tree/modules.alias': aliasesOf(modules),
    'tree/modules.builtin': ['kernel/none', ...builtIn.map(pathOf)].join('\n'),
  });

/** An initrd as dracut makes it: compressed modules, and the tables of those. */
const dracut = (some: readonly Name[]) => [
  ...some.map((name) => file(`usr/lib/modules/1/${pathOf(name)}`)),
  file('usr/lib/modules/1/modules.alias', aliasesOf(some)),
];

/** A minimal initrd with listed modules, which say themselves what they drive. */
const minimal = (some: readonly Name[]) =>
  some.map((name) => file(`modules/${name}.ko`, `\u007fELF\0license=GPL\0alias=${all[name][1]}\0`));

interface Comparison {
  readonly entries: readonly Raw[];
  readonly modules?: readonly string[];
  readonly kernel?: ReturnType<typeof kernelWith>;
}

async function compare({
  entries,
  modules = [],
  kernel = kernelWith(names),
}: Comparison): Promise<readonly Finding[]> {
  const work = emptySysroot();
  const initrd = join(work, 'old.img');
  writeFileSync(initrd, newcTree(entries));
  const config = configure(...modules.map((name) => `Modules.Modules=${name}`));
  const like = { name: 'old.img', contents: await readInitrdFiles(initrd, work) };
  return findingsOf('no-driver-lost', config, { kernel, like });
}

const driverOf = ({ message }: Finding) => /with ([\w-]+):/.exec(message)?.[1];

test.each(Object.keys(families) as readonly Name[])(
  '%s is missed, from either kind of initrd',
  async (name) => {
    for (const entries of [dracut([name]), minimal([name])]) {
      const findings = await compare({ entries, modules: ['loop'] });
      expect(findings).toMatchObject([
        { kind: 'driver-lost', severity: 'error', file: '--set', line: 1, hint: `Modules=${name}` },
      ]);
      expect(findings.map(driverOf)).toEqual([name]);
      expect(await compare({ entries, modules: [name] })).toEqual([]);
      expect(await compare({ entries, kernel: kernelWith([], [name]) })).toEqual([]);
    }
  },
);

test('drivers of storage, buses, USB and input count; network, graphics and tapes do not', async () => {
  const findings = await compare({ entries: dracut(names) });
  expect(findings.filter(({ kind }) => kind === 'driver-lost').map(driverOf)).toEqual(
    [...Object.keys(families), 'usb_storage', 'virtio_pci', 'xhci_pci'].sort(),
  );
  expect(findings.filter(({ kind }) => kind === 'input-driver-lost').map(formatFinding)).toEqual([
    'p/test.ini: warning: Modules.Modules: old.img drives keyboards or the like with atkbd, usbhid: nothing in this initrd drives those devices, nor the kernel itself',
  ]);
});

test('devices are named as people know them', async () => {
  const texts = (await compare({ entries: dracut(names) })).map(({ message }) => message);
  for (const device of [
    'storage devices (pci 1000:0030)',
    'bus devices (pci 1af4:*)',
    'USB host devices (pci class 0c03)',
    '(usb 0781:5580)',
    '(vmbus:4acc9b2f6900f34ab76b6fd0be528cda)',
  ])
    expect(texts).toContainEqual(expect.stringContaining(device));
});

test('another driver of the device will do, also a built-in one that says so', async () => {
  const tables = (builtIn: string) => ({
    'tree/modules.dep': dep('kernel/drivers/scsi/new_driver.ko'),
    'tree/modules.alias': 'alias pci:v00001000d* new_driver\n',
    'tree/modules.builtin.modinfo': builtIn,
  });
  const entries = dracut(['mpi3mr']);
  const kernel = kernelOf(tables(''));
  expect(await compare({ entries, kernel, modules: ['new_driver'] })).toEqual([]);
  expect(await compare({ entries, kernel })).toMatchObject([{ hint: 'Modules=new_driver' }]);
  const modinfo = 'x.alias=pci:v00001000d000000A5sv*sd*bc*sc*i*\0';
  expect(await compare({ entries, kernel: kernelOf(tables(modinfo)) })).toEqual([]);
});

test('a device that the same driver of a newer kernel has dropped is missed; one that it tells apart otherwise is not', async () => {
  const alias = (pattern: string) =>
    kernelOf({
      'tree/modules.dep': dep('kernel/drivers/scsi/mpi3mr.ko'),
      'tree/modules.alias': `alias ${pattern} mpi3mr\n`,
    });
  const with_ = async (pattern: string) =>
    (await compare({ entries: dracut(['mpi3mr']), kernel: alias(pattern), modules: ['mpi3mr'] })).map(
      driverOf,
    );
  expect(await with_('pci:v00001000d000000B5sv*sd*bc*sc*i*')).toEqual(['mpi3mr']);
  expect(await with_('pci:v00001000d000000A5sv*sd*bc01sc*i*')).toEqual([]);
  expect(await with_('pci:v00001000d*sv*sd*bc*sc*i*')).toEqual([]);
});

test('modules of a kernel that is gone count in a minimal initrd, and as mass storage elsewhere', async () => {
  const kernel = kernelWith([]);
  const hint = expect.stringMatching(/^kernel \S+ has no driver of these devices$/);
  expect(await compare({ entries: minimal(['mptspi']), kernel })).toMatchObject([{ hint }]);
  const own = (pattern: string) => [
    file('lib/modules/1/extra/own.ko.gz'),
    file('lib/modules/1/modules.alias', `alias ${pattern} own\n`),
  ];
  expect(await compare({ entries: own('pci:v1*bc01sc07i*'), kernel })).toHaveLength(1);
  expect(await compare({ entries: own('pci:v1*bc03sc00i*'), kernel })).toEqual([]);
});

test('compressed modules without tables drive what those of the kernel do', async () => {
  const entries = [file(`lib/modules/1/${pathOf('lpfc')}`)];
  expect((await compare({ entries })).map(driverOf)).toEqual(['lpfc']);
});

test('drivers of a build by modalias are read from its list, with what is loaded behind them', async () => {
  const list = `load_drivers_of() { # MODALIAS\n  case $1 in ${all.lpfc[1]}) load base.ko lpfc.ko; load behind.ko ;; esac\n}\n`;
  const entries = [file('modules/drivers', list), file('modules/lpfc.ko'), file('modules/behind.ko')];
  expect((await compare({ entries })).map(driverOf)).toEqual(['lpfc']);
});
