/** Which boots the matrix of faults is: fault x form of stage 1 x machine. */
import { type Fault, reasonForPc } from '../../src/boot/faults/fault.ts';
import { faults } from '../../src/boot/faults/faults.ts';
import type { TestMachine } from '../lab/lab.ts';
import { attacks } from './attacks.ts';

/** All faults: those that `bootrelay faults` lists, and those that need the lab. */
export const allFaults: Readonly<Record<string, Fault>> = { ...faults, ...attacks };

export interface FaultRow {
  readonly fault: string;
  readonly form: 'shell' | 'systemd';
  readonly machine: TestMachine;
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

function runs(fault: string, form: FaultRow['form'], machine: TestMachine): boolean {
  if (fault in attacks) return machine !== 'qemu';
  const row = allFaults[fault] as Fault;
  const needsPc = reasonForPc(row) !== undefined;
  if (machine === 'qemu') return needsPc || everywhere.has(fault);
  // With systemd a boot takes three times as long, so that most faults run under one kernel only.
  const both = everywhere.has(fault) || (form === 'shell' && !endsEarly(row));
  return !needsPc && (machine === 'uml-new' || both);
}

export const faultRows: readonly FaultRow[] = Object.keys(allFaults).flatMap((fault) =>
  forms.flatMap((form) =>
    machines.filter((machine) => runs(fault, form, machine)).map((machine) => ({ fault, form, machine })),
  ),
);
