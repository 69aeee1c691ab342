/** Which boots the matrix of faults is: fault x form of stage 1 x machine. */
import { type Fault, reasonForPc } from '../../src/boot/faults/fault.ts';
import { faults } from '../../src/boot/faults/faults.ts';
import { imageHostFaults } from '../../src/boot/faults/image-host-faults.ts';
import type { TestMachine } from '../lab/lab.ts';
import { attacks } from './attacks.ts';

/** All faults: those that `bootrelay faults` lists, and those that need the lab. */
export const allFaults: Readonly<Record<string, Fault>> = { ...faults, ...attacks };

export interface FaultRow {
  readonly fault: string;
  readonly form: 'shell' | 'systemd';
  readonly machine: TestMachine;
}

function isOfPc(fault: string): boolean {
  return reasonForPc(allFaults[fault] as Fault) !== undefined;
}

/** One of each kind, on the PC and under the old kernel with systemd too; the other machines have shown all of them. */
const everywhere = new Set([
  'root-hash-wrong',
  'superblock-magic',
  'hash-tree-leaf',
  'usr-first-block-restart',
  'partition-missing',
  'module-damaged',
  'init-exits',
  'other-usr',
]);

const forms = ['shell', 'systemd'] as const;
const machines = ['uml-old', 'uml-new', 'qemu'] as const;

/** Steps before anything is mounted: how such a boot ends does not depend on the kernel's version. */
const earlySteps: readonly string[] = ['read-kernel-command-line', 'find-usr-partition'];

function endsEarly({ expected }: Fault): boolean {
  return 'step' in expected && earlySteps.includes(expected.step);
}

/** Of the faults of an image on a partition: in the shell form all, with systemd one of each kind. */
const imagesWithSystemd = new Set([
  'image-root-hash-wrong',
  'image-superblock-magic',
  'image-hash-tree-leaf',
  'image-partition-missing',
  'image-absent-on-host',
  'image-replaced-on-host',
  'image-in-memory-corrupted',
  'image-raw',
]);

function runs(fault: string, form: FaultRow['form'], machine: TestMachine): boolean {
  if (fault in attacks) return machine !== 'qemu';
  if (fault in imageHostFaults)
    return machine === 'uml-new' && !isOfPc(fault) && (form === 'shell' || imagesWithSystemd.has(fault));
  const row = allFaults[fault] as Fault;
  const needsPc = reasonForPc(row) !== undefined;
  if (machine === 'qemu') return needsPc || everywhere.has(fault);
  // With systemd a boot takes three times as long, so that most faults run under one kernel only.
  const both = everywhere.has(fault) || (form === 'shell' && !endsEarly(row));
  return !needsPc && (machine === 'uml-new' || both);
}

/** The others of an image: `npm run lab:all` boots them. */
export const moreImageRows: readonly FaultRow[] = Object.keys(imageHostFaults).flatMap((fault) =>
  forms.flatMap((form) =>
    machines
      .filter((machine) => (machine === 'qemu') === isOfPc(fault) && !runs(fault, form, machine))
      .map((machine) => ({ fault, form, machine })),
  ),
);

export const faultRows: readonly FaultRow[] = Object.keys(allFaults).flatMap((fault) =>
  forms.flatMap((form) =>
    machines.filter((machine) => runs(fault, form, machine)).map((machine) => ({ fault, form, machine })),
  ),
);
