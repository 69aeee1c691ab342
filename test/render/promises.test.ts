/** What the plan says of its steps is what their texts do: programs, values, reasons, facts; in both forms, both ways round. */
import { describe, expect, test } from '@jest/globals';
import { type BootPlan, needsOfPlan, type Step } from '../../src/plan/boot-plan.ts';
import type { ProgramNeed } from '../../src/plan/need.ts';
import type { ReasonName } from '../../src/plan/reasons.ts';
import { reasons } from '../../src/plan/reasons.ts';
import type { Fact } from '../../src/plan/step.ts';
import { steps } from '../../src/plan/steps.ts';
import { renderMinimal } from '../../src/render/minimal.ts';
import { renderStepText } from '../../src/render/step-text.ts';
import { branchesOf } from './branches.ts';
import { manyPlans, type NamedPlan } from './many-plans.ts';
import { filesOf, platformNames } from './platforms.ts';
import { builtins, readShell, type ShellReading } from './shell-reader.ts';

/** A step with its shell text, where its form has one, as it is behind the texts before it. */
interface ReadStep {
  readonly step: Step;
  readonly text: string;
  readonly reading: ShellReading;
}

interface ReadPlan extends NamedPlan {
  /** The scripts of stage 1 by path, and what is around the steps in them. */
  readonly scripts: ReadonlyMap<string, string>;
  readonly frame: readonly ShellReading[];
  readonly steps: readonly ReadStep[];
}

/** What the build makes of modules.alias, and load-modules reads. */
const driversOfBuild = 'load_drivers_of() { load "$1"; }';

function readPlan(named: NamedPlan): ReadPlan {
  const { config, plan } = named;
  const scripts = new Map(
    [...renderMinimal(config, plan)].flatMap(([path, file]) =>
      'text' in file && isScript(path, file.mode) ? [[path, file.text] as const] : [],
    ),
  );
  const frame = frameOf(plan, scripts).map(readFrame);
  const functions = new Map(
    [readShell(driversOfBuild), ...frame].flatMap((reading) => [...reading.functions]),
  );
  const read: ReadStep[] = [];
  for (const step of plan.steps.filter((step) => hasText(step, plan))) {
    const text = renderStepText(step, plan);
    const reading = readShell(text, functions);
    read.push({ step, text, reading });
    for (const [name, body] of reading.functions) functions.set(name, body);
  }
  return { ...named, scripts, frame, steps: read };
}

/** All that a text around the steps can do: each of its functions is called by some step. */
function readFrame(text: string): ShellReading {
  const functions = [...readShell(text).functions.keys()];
  return readShell(`${text}\n${functions.join('\n')}`);
}

function isScript(path: string, mode: number): boolean {
  return !path.startsWith('skeleton/') && (mode === 0o755 || path.endsWith('/step-functions'));
}

function hasText({ systemd }: Step, { form }: BootPlan): boolean {
  return form === 'shell' || systemd.by === 'script';
}

/** What runs before, between and after the steps, but for what the last step leaves to systemd. */
function frameOf(plan: BootPlan, scripts: ReadonlyMap<string, string>): readonly string[] {
  const init = scripts.get('init') ?? '';
  const emergency = scripts.get('usr/lib/bootrelay/emergency') ?? '';
  if (plan.form === 'shell')
    return [init.slice(0, init.indexOf(`\nstep ${plan.steps[0]?.name}\n`)), emergency];
  return [init, scripts.get('usr/lib/bootrelay/step-functions') ?? '', emergency];
}

const plans = manyPlans.map(readPlan);

const programName = (need: ProgramNeed): string => {
  if ('applet' in need) return need.applet;
  return 'own' in need ? need.own : (need.program.split('/').at(-1) ?? '');
};
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

/** Programs that systemd starts for a step. */
const startsOf = ({ systemd }: Step, { form }: BootPlan) =>
  form === 'systemd' ? (systemd.starts ?? []).map(programName) : [];

/** Scripts of bootrelay are started by their names too. */
const ownScripts = ['emergency', 'init'];

/** What the last step leaves to systemd: a script of its own. */
function textBehind(step: Step, { plan, scripts }: ReadPlan): string {
  const enters = step.systemd.by === 'script' && step.systemd.enters && plan.form === 'systemd';
  const text = enters ? (scripts.get('usr/lib/bootrelay/enter-full-initrd') ?? '') : '';
  return text.replace(/^#!.*/, ''); // as every script
}

describe('the platforms that are looked at', () => {
  test('are many, in both forms', () => {
    expect(plans.length).toBeGreaterThan(100);
  });

  test.each(steps.map(({ name }) => name))('take each branch of templates/steps/%s', (name) => {
    const branches = branchesOf(`templates/steps/${name}`);
    const taken = plans.flatMap(({ plan, steps: read }) =>
      read
        .filter(({ step }) => step.name === name)
        .flatMap(({ step }) => [...branches.taken({ systemd: plan.form === 'systemd', ...step.view })]),
    );
    expect([...branches.all].filter((branch) => !taken.includes(branch))).toEqual([]);
  });

  test('start each builtin that counts as one', () => {
    const used = plans.flatMap(({ scripts }) =>
      [...scripts.values()].flatMap((text) => [...readShell(text).builtins]),
    );
    expect(sorted(used)).toEqual([...builtins].sort());
  });
});

/** Runs a check of each step of each plan, and says for which it does not hold. */
function everyStep(
  check: (read: ReadStep, of: ReadPlan) => { said: readonly string[]; found: readonly string[] },
): void {
  const wrong = new Map<string, string>();
  for (const plan of plans)
    for (const read of plan.steps) {
      const { said, found } = check(read, plan);
      const missing = found.filter((name) => !said.includes(name));
      const spare = said.filter((name) => !found.includes(name));
      if (missing.length + spare.length === 0) continue;
      const key = `${read.step.name} does not declare [${missing}], declares needlessly [${spare}]`;
      if (!wrong.has(key)) wrong.set(key, plan.name);
    }
  expect(Object.fromEntries(wrong)).toEqual({});
}

describe('programs', () => {
  test('those that a step declares are those that its text starts', () => {
    everyStep(({ step, reading }, of) => {
      const first = step === of.plan.steps[0];
      const frame = first ? of.frame.flatMap(({ programs }) => [...programs]) : [];
      const behind = readShell(textBehind(step, of), reading.functions).programs;
      const found = sorted([...reading.programs, ...behind, ...frame, ...startsOf(step, of.plan)]);
      return {
        said: sorted(step.needs.programs.map(programName)),
        found: found.filter((name) => !ownScripts.includes(name)),
      };
    });
  });

  test('those that a step without a text declares are those that systemd and what is around the steps start', () => {
    for (const { name, plan, frame } of plans)
      for (const step of plan.steps.filter((step) => !hasText(step, plan))) {
        const around = step === plan.steps[0] ? frame.flatMap(({ programs }) => [...programs]) : [];
        const found = sorted([...around, ...startsOf(step, plan)]);
        expect([name, sorted(step.needs.programs.map(programName))]).toEqual([name, found]);
      }
  });

  test('a script starts nothing that the plan does not have', () => {
    for (const { name, plan, scripts } of plans) {
      const known = [...needsOfPlan(plan).programs.map(programName), ...ownScripts];
      for (const [path, text] of scripts) {
        const started = [...readShell(text, around(scripts)).programs];
        expect([name, path, started.filter((program) => !known.includes(program))]).toEqual([name, path, []]);
      }
    }
  });
});

/** Functions of what a script reads first. */
function around(scripts: ReadonlyMap<string, string>) {
  const shared = scripts.get('usr/lib/bootrelay/step-functions') ?? '';
  return readShell(shared, readShell(driversOfBuild).functions).functions;
}

describe('values', () => {
  /** Variables of what is around the steps. */
  const ofFrame = ({ plan, frame }: ReadPlan) => {
    const values = plan.steps.flatMap(({ variables }) => variables.map(({ variable }) => variable));
    return frame.flatMap(({ sets }) => [...sets]).filter((name) => !values.includes(name));
  };

  test('those that a step reads are those that its text needs from before', () => {
    everyStep(({ step, reading }, of) => {
      // One that is set under a condition is as it was otherwise.
      const kept = step.writes.filter((name) => !reading.setsAlways.has(name));
      const frame = ofFrame(of);
      const found = [...reading.reads].filter((name) => !frame.includes(name));
      return { said: step.reads, found: sorted([...found, ...kept]) };
    });
  });

  test('those that a step writes are those that its text sets and later steps read', () => {
    everyStep(({ step, reading }, { plan }) => {
      const later = plan.steps.slice(plan.steps.indexOf(step) + 1).flatMap(({ reads }) => reads);
      return { said: step.writes, found: sorted(later).filter((name) => reading.sets.has(name)) };
    });
  });

  test('each setting that a step brings is read', () => {
    for (const { plan } of plans) {
      const read = plan.steps.flatMap(({ reads }) => reads);
      const brought = plan.steps.flatMap(({ variables }) => variables.map(({ variable }) => variable));
      expect(brought.filter((name) => !read.includes(name))).toEqual([]);
    }
  });

  test('each script has all the values that it reads', () => {
    for (const { name, scripts } of plans)
      for (const [path, text] of scripts) {
        const shared = /^\. \/usr\/lib\/bootrelay\/step-functions$/m.test(text)
          ? (scripts.get('usr/lib/bootrelay/step-functions') ?? '')
          : '';
        const { reads } = readShell(`${shared}\n${text}`, readShell(driversOfBuild).functions);
        expect([name, path, [...reads]]).toEqual([name, path, []]);
      }
  });
});

/** Reasons that a text writes itself instead of stopping. */
const writtenReasons = (text: string) =>
  [...text.matchAll(/(?:failed: |why=')([a-z]+(?:-[a-z]+)+):? /g)].map((match) => match[1] ?? '');

/** Those of mount units, which the emergency script of the systemd form says. */
const mountReasons = ({ form, steps: all }: BootPlan) =>
  all.flatMap(({ systemd }) =>
    form === 'systemd' && systemd.by === 'mount unit' ? [systemd.mount.failure.reason] : [],
  );

describe('reasons', () => {
  test('those that a step declares are those that its text stops with', () => {
    everyStep(({ step, reading }, of) => ({
      said: step.reasons,
      found: sorted([...reading.stops, ...writtenReasons(textBehind(step, of))]),
    }));
  });

  test('a mount unit stops with what its step declares, and what systemd has done with nothing', () => {
    for (const { plan } of plans)
      for (const step of plan.steps.filter((step) => !hasText(step, plan)))
        expect(step.reasons).toEqual(
          step.systemd.by === 'mount unit' ? [step.systemd.mount.failure.reason] : [],
        );
  });

  test('those of any step are those of what is around the steps', () => {
    for (const { plan, frame, scripts } of plans) {
      const found = [
        ...frame.flatMap(({ stops }) => [...stops]),
        ...frameOf(plan, scripts).flatMap(writtenReasons),
      ];
      expect(sorted(found)).toEqual(sorted([...plan.emergency.reasons, ...mountReasons(plan)]));
    }
  });

  test('every reason is one of the table, and each is used', () => {
    const fullInitrds = platformNames.flatMap((name) =>
      filesOf(name).flatMap(([path, { text }]) => {
        if (/\/check-(usr|image)$/.test(path)) return [...readShell(text).stops];
        return /^(full|.*skeleton)\/.*emergency$/.test(path) ? writtenReasons(text) : [];
      }),
    );
    // Each is one that a text stops with: the tests above.
    const declared = plans.flatMap(({ plan }) => [
      ...plan.emergency.reasons,
      ...plan.steps.flatMap((step) => step.reasons),
    ]);
    expect(sorted([...fullInitrds, ...declared])).toEqual((Object.keys(reasons) as ReasonName[]).sort());
  });
});

/** How one sees in a step's text that it uses a fact; `always` where no use of it can go unsaid. */
interface Sign {
  readonly sign: (read: ReadStep, plan: BootPlan) => boolean;
  readonly always: boolean;
}

const calls = (name: string): Sign => ({ sign: ({ reading }) => reading.calls.has(name), always: true });
const reads = (name: string): Sign => ({ sign: ({ step }) => step.reads.includes(name), always: false });
const names = (pattern: RegExp): Sign => ({ sign: ({ text }) => pattern.test(text), always: true });
/** It only orders steps. */
const unseen: Sign = { sign: () => true, always: false };

const signs: Readonly<Record<Fact, Sign>> = {
  'kernel file systems': names(/(?<![\w}/])\/(proc|sys|dev|run)\//),
  'kernel log': calls('log'),
  'command line values': {
    sign: ({ step }, { steps: all }) =>
      all.some(
        ({ provides, writes }) =>
          provides.includes('command line values') && step.reads.some((name) => writes.includes(name)),
      ),
    always: false,
  },
  'disk drivers': unseen,
  'drivers of new devices': calls('coldplug'),
  'live usr': {
    sign: ({ step }) => ['live_image', 'unverified_usr'].some((name) => step.reads.includes(name)),
    always: true,
  },
  'data partition': reads('usr_partition'),
  'hash partition': reads('hash_partition'),
  'usr file system': reads('usr_file_system'),
  'usr device': {
    sign: ({ step, text }) => step.reads.includes('usr_partition') || text.includes('/dev/mapper/'),
    always: false,
  },
  'mounted usr': names(/\/sysusr(?![\w-])/),
  'mounts as the kernel has them': {
    sign: ({ step, reading }) => reading.calls.has('read_mount') && !step.functions.includes('read-mount'),
    always: true,
  },
  'image partition': reads('image_partition'),
  'image device': reads('image_device'),
  'verified image': unseen,
  'full initrd root': names(/\/full\b/),
  'usr below full initrd': unseen,
  'paths inside the full initrd': calls('follow'),
  'checked full initrd': unseen,
  'carried paths': unseen,
  'running full initrd': unseen,
};

test('the facts that a step uses are those that its text shows', () => {
  everyStep((read, { plan }) => {
    const { uses, provides } = read.step;
    const found = (Object.entries(signs) as [Fact, Sign][]).filter(
      ([fact, { sign, always }]) =>
        !provides.includes(fact) && (always || uses.includes(fact)) && sign(read, plan),
    );
    return { said: uses, found: found.map(([fact]) => fact) };
  });
});
