/** Did a boot do what it should? Decided from what was seen, and from what the booted system reported. */

import { imageHost, usesUsr } from '../config/image-host.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { formatDevice } from '../config/value-types/devices.ts';
import { dataPartition } from '../config/verity-device.ts';
import type { ExpectedPcrs } from '../uki/expected-pcrs.ts';
import {
  type Goal,
  type goals,
  type Milestone,
  milestonesOfJournal,
  type Observation,
  type ReportLine,
  reached,
} from './timeline.ts';

export interface Verdict {
  readonly ok: boolean;
  /** The verdict in one line. */
  readonly summary: string;
  /** What the report of the booted system shows, each fact with its evidence. */
  readonly facts: readonly Fact[];
  /** What could not be asked of a disk that is given, since no report came. */
  readonly notAsked?: readonly string[];
}

export interface Fact {
  readonly ok: boolean;
  readonly statement: string;
  readonly evidence: string;
}

export interface Expectation {
  readonly config: PlatformConfig;
  readonly goal: Goal;
  /** The root hash of the /usr on the disk; none where verity is off. */
  readonly rootHash: string | undefined;
  /** What was computed of the PCRs of the machine's TPM. */
  readonly pcrs?: ExpectedPcrs | undefined;
  /** Whether the firmware starts only what is signed, and the kernel must know. */
  readonly secureBoot?: boolean | undefined;
}

/** Judges a boot. `ended` says how QEMU ended: by itself, because the goal was reached, or by the time limit. */
export function judge(seen: Observation, expected: Expectation, ended: 'exit' | 'goal' | 'timeout'): Verdict {
  if (seen.failure !== undefined || !reached(seen, expected.goal)) {
    const last = seen.milestones.at(-1);
    const where = last
      ? `the last step was ${last.name} at ${last.uptime.toFixed(3)} s`
      : 'the kernel did not reach /init';
    const cause = seen.kernelCause ? ` (${seen.kernelCause})` : '';
    const how = ended === 'timeout' ? 'no end within the time limit' : 'the machine ended';
    const summary = seen.failure
      ? `stopped: ${seen.failure}${cause}; ${where}`
      : `${how} before ${expected.goal}; ${where}`;
    return { ok: false, summary, facts: [] };
  }
  const facts = expected.goal === 'multi-user' ? judgeReport(seen, expected) : [];
  const wrong = facts.filter(({ ok }) => !ok);
  const came = seen.milestones.at(-1)?.uptime.toFixed(3);
  const summary =
    wrong.length === 0
      ? `${describeGoal(expected.goal)} reached, ${came} s after the kernel started`
      : `${describeGoal(expected.goal)} reached, but: ${wrong.map(({ statement }) => `not true: ${statement}`).join('; ')}`;
  return { ok: wrong.length === 0, summary, facts };
}

const goalWords: Readonly<Record<Goal, string>> = {
  'hand-over': 'the hand-over',
  'stage-2': 'the full initrd with its check of /usr',
  'multi-user': 'multi-user.target',
};

function describeGoal(goal: (typeof goals)[number]): string {
  return goalWords[goal];
}

interface Mount {
  readonly point: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

function readMounts(report: readonly ReportLine[]): readonly Mount[] {
  return valuesOf(report, 'mount').map((value) => {
    const [point = '', type = '', source = '', options = ''] = value.split(' ');
    return { point, type, source, options };
  });
}

function valuesOf(report: readonly ReportLine[], key: string): readonly string[] {
  return report.filter((line) => line.key === key).map(({ value }) => value);
}

/** The statements that a booted system must make true. */
export function judgeReport(seen: Observation, expected: Expectation): readonly Fact[] {
  const { milestones, report, stage2 } = seen;
  const mounts = readMounts(report);
  const { settings } = expected.config;
  const usr = mounts.findLast(({ point }) => point === '/usr');
  const usrText = usr ? `${usr.source} ${usr.type} ${usr.options}` : 'not mounted';
  const leftovers = mounts.filter(({ point }) =>
    /^\/(sysusr|full|host|image|memory|overlay|sysroot)(\/|$)|^\/run\/bootrelay/.test(point),
  );
  // Those of a live system stay: files of the initramfs, whose names are gone.
  const live = [settings.Usr.LiveImage, settings.Usr.LiveHash].map((path) => `${path} (deleted)`);
  const loops = valuesOf(report, 'loop').filter((file) => !live.includes(file));
  const types = settings.Usr.FileSystem;
  const readOnly: Fact = {
    ok: types.some((type) => type === usr?.type) && usr?.options.split(',').includes('ro') === true,
    statement: `/usr is a read-only ${types.join(' or ')}`,
    evidence: usrText,
  };
  const clean: Fact = {
    ok: leftovers.length === 0,
    statement: 'no mount of stage 1 is left',
    evidence: leftovers.map(({ point }) => point).join(' ') || `${mounts.length} mounts, none of them`,
  };
  const loopGone: Fact = {
    ok: loops.length === 0,
    statement: 'the loop device of the full initrd is gone',
    evidence: loops.join(' ') || 'no loop device',
  };
  const { Source, Image } = settings.FullInitrd;
  const place =
    Source === 'usr'
      ? { name: 'the /usr of the system', end: ' from /usr' }
      : { name: 'the packed image', end: Image.replace(/^\/usr/, '') };
  const fromImage: Fact = {
    ok: stage2?.includes('/systemd ') === true && stage2.endsWith(place.end),
    statement: `systemd of the full initrd ran as PID 1, from ${place.name}`,
    evidence: stage2 ?? 'its check of /usr did not say so',
  };
  const units = valuesOf(report, 'own-unit').filter((unit) => !unit.startsWith('bootrelay-report.service'));
  const noUnit: Fact = {
    ok: units.length === 0,
    statement: 'no unit of stage 1 or of the full initrd is left',
    evidence: units.join(', ') || 'none',
  };
  const failed = valuesOf(report, 'failed-unit');
  const noneFailed: Fact = {
    ok: failed.length === 0,
    statement: 'no unit failed',
    evidence: failed.join(' ') || 'none',
  };
  const ofUsr = [fromImage, readOnly, ...judgeVerity(report, expected, usr)];
  return [
    ...(usesUsr(settings) ? ofUsr : judgeImage(seen, expected)),
    ...judgeHandover(seen, expected),
    judgeJournal(milestones, report),
    ...judgePcrs(report, expected),
    ...judgeSecureBoot(report, expected),
    clean,
    loopGone,
    noUnit,
    noneFailed,
  ];
}

/** The report is the last thing in the boot: all phases have been. */
function judgePcrs(report: readonly ReportLine[], { pcrs }: Expectation): readonly Fact[] {
  if (!pcrs) return [];
  const wanted = { 4: pcrs[4], 11: pcrs[11].at(-1)?.hash, 12: pcrs[12] };
  return Object.entries(wanted).map(([number, hash]) => {
    const [found = 'the machine did not say'] = valuesOf(report, `pcr-${number}`);
    const ok = found.toLowerCase() === hash;
    return {
      ok,
      statement: `PCR ${number} is as computed: ${hash?.slice(0, 16)}...`,
      evidence: found.toLowerCase(),
    };
  });
}

function judgeSecureBoot(report: readonly ReportLine[], { secureBoot }: Expectation): readonly Fact[] {
  if (!secureBoot) return [];
  const [lockdown = 'the kernel did not say'] = valuesOf(report, 'lockdown');
  const ok = /\[(integrity|confidentiality)\]/.test(lockdown);
  return [{ ok, statement: 'Secure Boot has locked the kernel down', evidence: lockdown }];
}

function judgeVerity(
  report: readonly ReportLine[],
  expected: Expectation,
  usr: Mount | undefined,
): readonly Fact[] {
  const { rootHash, config } = expected;
  if (rootHash === undefined) return [];
  const name = config.settings.Verity.Name;
  const table =
    valuesOf(report, 'dm-table').find((value) => value.startsWith(`${name} `)) ?? 'no such device';
  const status =
    valuesOf(report, 'dm-status').find((value) => value.startsWith(`${name} `)) ?? 'no such device';
  const onDevice = usr?.source === `/dev/mapper/${name}` || /^\/dev\/dm-\d+$/.test(usr?.source ?? '');
  return [
    {
      ok: onDevice && table.includes(' verity ') && table.split(' ').includes(rootHash),
      statement: `/usr is on dm-verity with root hash ${rootHash.slice(0, 16)}...`,
      evidence: table,
    },
    { ok: / verity V/.test(status), statement: 'the kernel calls the verity device valid', evidence: status },
  ];
}

/** The image of a partition is gone with the full initrd: its check has told of it, and nothing of it is left. */
function judgeImage(
  { checked, stage2, report }: Observation,
  { config, rootHash = '' }: Expectation,
): readonly Fact[] {
  const name = config.settings.Verity.Name;
  const device = valuesOf(report, 'dm-table').find((value) => value.startsWith(`${name} `));
  return [
    {
      ok: checked?.endsWith(` with root hash ${rootHash}`) === true,
      statement: `the full initrd is on dm-verity with root hash ${rootHash.slice(0, 16)}...`,
      evidence: checked ?? 'its check did not say so',
    },
    {
      ok: stage2 !== undefined,
      statement: 'the full initrd has checked that before anything else',
      evidence: stage2 ?? 'its check did not say so',
    },
    {
      ok: device === undefined,
      statement: 'the verity device of the full initrd is gone',
      evidence: device ?? 'no such device',
    },
  ];
}

/** What the console showed of the three stages must be in the journal of the booted system. */
function judgeJournal(milestones: readonly Milestone[], report: readonly ReportLine[]): Fact {
  const story = (list: readonly Milestone[]) =>
    list
      .filter(({ name, stage }) => stage !== 'kernel' && name !== 'multi-user')
      .map(({ name, stage }) => `${stage}: ${name}`);
  const told = story(milestonesOfJournal(report));
  const missing = story(milestones).filter((milestone) => !told.includes(milestone));
  return {
    ok: missing.length === 0,
    statement: 'the journal tells of stage 1, stage 2 and the system as one story',
    evidence: missing.length === 0 ? `${told.length} milestones` : `not there: ${missing.join(', ')}`,
  };
}

/** What a full initrd without systemd mounts at /run covers it. */
function judgeHandover({ report, stage2 }: Observation, { config, rootHash }: Expectation): readonly Fact[] {
  if (stage2 !== undefined && !stage2.includes('/systemd')) return [];
  const handover = valuesOf(report, 'handover');
  const wanted = [`PLATFORM=${config.name}`, ...(rootHash === undefined ? [] : [`ROOT_HASH=${rootHash}`])];
  const device = dataPartition(config.settings) ?? imageHost(config.settings)?.device;
  return [
    {
      ok: wanted.every((line) => handover.includes(line)),
      statement: `/run/bootrelay/handover tells of ${config.name}${device ? ` and ${formatDevice(device)}` : ''}`,
      evidence:
        handover.filter((line) => /^(PLATFORM|USR_DEVICE|IMAGE_DEVICE|ROOT_HASH)=/.test(line)).join(' ') ||
        'not there',
    },
  ];
}
