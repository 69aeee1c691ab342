import { expect, test } from '@jest/globals';
import { planBoot } from '../../src/plan/plan.ts';
import { renderStep } from '../../src/render/step-text.ts';
import { configure } from '../config/platform-files.ts';
import { loadNamed, platformNames } from './platforms.ts';

/** What stage 1 may run that is no builtin of the shell. */
const commands =
  'blkid cat cp dd dm-create dmsetup find grep insmod ln mkdir mount od rm sed sha256sum sleep sort switch_root systemctl umount veritysetup'.split(
    ' ',
  );

/** The commands that a script runs: at the start of a line or behind what separates commands. */
function commandsOf(script: string): readonly string[] {
  const code = script.replaceAll(/ #.*$|^#.*$/gm, '').replaceAll(/'[^']*'/g, "''");
  return commands.filter((name) =>
    new RegExp(`(?:^|[|&;{(!]|then|else|do|exec)\\s*${name}(?:\\s|$)`, 'm').test(code),
  );
}

const bare = configure('Verity.Verity=no', 'KernelCommandLine.Override=no', 'Usr.Device=PARTLABEL=USR-A');
const plans = [
  ['bare', planBoot(bare, [])] as const,
  ...platformNames.map((name) => {
    const { config, files } = loadNamed(name);
    if (!config) throw new Error(name);
    return [name, planBoot(config, files)] as const;
  }),
];

test.each(plans)('%s: each command that a step runs is one that it needs', (_, plan) => {
  for (const step of plan.steps) {
    // systemd mounts the kernel's file systems itself.
    if (plan.form === 'systemd' && step.name === 'mount-kernel-filesystems') continue;
    const needed = step.needs.programs.map((need) => {
      if ('applet' in need) return need.applet;
      return 'own' in need ? need.own : (need.program.split('/').at(-1) ?? '');
    });
    const text = renderStep(step, plan);
    expect(commandsOf(text).filter((name) => !needed.includes(name))).toEqual([]);
  }
});

test('the commands of a script are found', () => {
  expect(commandsOf('a=$(od -x) && dd if=x | grep y # sed\necho "mount"\n{ cp a b; }')).toEqual([
    'cp',
    'dd',
    'grep',
    'od',
  ]);
});
