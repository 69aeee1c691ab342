/** BootPlan -> text for a reader who has never seen it. */
import type { BootPlan, Step } from './boot-plan.ts';
import type { Needs, ProgramNeed } from './need.ts';
import { type ReasonName, reasons } from './reasons.ts';

/** The boot in words, one paragraph a step; lines of at most 100 characters. */
export function explainPlan(plan: BootPlan): string {
  const { action, delay } = plan.emergency;
  const title = `The boot of ${plan.platform}${plan.description ? `: ${plan.description}` : ''}`;
  const lines = [
    title,
    '='.repeat(title.length),
    '',
    ...wrap(
      `The kernel unpacks the minimal initrd and runs its /init, ${who(plan)} these ${plan.steps.length} steps. ` +
        `Each writes its name to the kernel log. If one fails, the reason is logged and shown for ${delay.value} s; ` +
        `then: ${action.value} (${action.setting}, ${action.where}).`,
      '',
    ),
    ...plan.steps.flatMap((step, index) => ['', ...explainStep(step, index + 1)]),
  ];
  return `${lines.join('\n')}\n`;
}

function who({ form }: BootPlan): string {
  return form === 'shell' ? 'which takes' : 'which is systemd; its units take';
}

function explainStep(step: Step, number: number): readonly string[] {
  const indent = '   ';
  return [
    `${number}. ${step.name}`,
    ...step.explanation.flatMap((sentence) => wrap(sentence, indent)),
    ...labelled('needs', describeNeeds(step.needs), indent),
    ...labelled('gives', step.provides, indent),
    ...labelled('stops if', step.reasons.map(describeReason), indent, '; or '),
  ];
}

function labelled(
  label: string,
  items: readonly string[],
  indent: string,
  separator = ', ',
): readonly string[] {
  if (items.length === 0) return [];
  const [first = '', ...rest] = wrap(`${label}: ${items.join(separator)}`, indent);
  return [first, ...rest.map((line) => `${' '.repeat(label.length + 2)}${line}`)];
}

/** What a step needs, each need in a few words, and once: its text and systemd may start the same program. */
export function describeNeeds(needs: Needs): readonly string[] {
  const all = [
    ...needs.modules.map(({ name, optional }) => `${name} (module${optional ? ', if there is one' : ''})`),
    ...needs.programs.map(describeProgram),
    ...needs.files.map(({ anyOf }) => anyOf.join(' or ')),
    ...needs.inUsr.map((path) => `${path} (in /usr)`),
    ...needs.deviceNodes.map(({ path }) => path),
    ...needs.kernelOptions.map(({ option }) => `CONFIG_${option}`),
  ];
  return [...new Set(all)];
}

function describeReason(name: ReasonName): string {
  return `${reasons[name].when} (${name})`;
}

function describeProgram(need: ProgramNeed): string {
  if ('program' in need) return need.program;
  return 'applet' in need ? `${need.applet} (busybox)` : `${need.own} (bootrelay's own)`;
}

function wrap(text: string, indent: string): readonly string[] {
  const width = 100 - indent.length - 12;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, indent + line];
}
