/** The boot as a graph: the steps, the devices and mounts between them, and which stage owns what. */
import type { BootPlan } from '../plan/boot-plan.ts';
import type { Fact } from '../plan/step.ts';

/** The stages that bootrelay is about, in their order. */
export const stages = ['minimal initrd', 'full initrd'] as const;
export type Stage = (typeof stages)[number];

export interface GraphNode {
  readonly id: string;
  readonly label: string;
  readonly kind: 'step' | 'fact' | 'stage' | 'end';
  /** The stage in whose part of the picture the node is; none for what is outside of all stages. */
  readonly stage: Stage | undefined;
  /** What a link on the node leads to. */
  readonly link?: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** `next` is the order of the steps, `gives` and `uses` what passes between them, `fails` the emergency action. */
  readonly kind: 'next' | 'gives' | 'uses' | 'fails';
}

export interface BootGraph {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The graph of a plan: its steps in their order, devices and mounts between them, the stages around. */
export function graphOfBoot(plan: BootPlan): BootGraph {
  const { steps, emergency, platform, description } = plan;
  const used = new Set(steps.flatMap(({ uses }) => uses));
  const places = placesOf(plan);
  const facts = [...places.keys()].filter((fact) => used.has(fact));
  const stage = 'minimal initrd' as const;
  const first = steps[0]?.name ?? '';
  const last = steps.at(-1)?.name ?? '';
  const host = steps.some(({ provides }) => provides.includes('verified image'));
  const [check, checked, handed] = host
    ? (['check-image', 'its image', 'full initrd root'] as const)
    : (['check-usr', '/usr', 'usr below full initrd'] as const);
  return {
    title: description ? `${platform}: ${description}` : platform,
    nodes: [
      { id: 'kernel', label: 'kernel', kind: 'stage', stage: undefined },
      ...steps.map(({ name }) => ({ id: name, label: name, kind: 'step', stage }) as const),
      ...facts.map(
        (fact) =>
          ({ id: idOf(fact), label: labelOf(fact, places.get(fact) ?? ''), kind: 'fact', stage }) as const,
      ),
      { id: check, label: `${check}: is ${checked} what was verified?`, kind: 'step', stage: 'full initrd' },
      { id: 'root', label: 'mounts the root file system', kind: 'step', stage: 'full initrd' },
      { id: 'system', label: 'system', kind: 'stage', stage: undefined },
      {
        id: 'emergency',
        label: `${emergency.action.value} after ${emergency.delay.value} s, with a reason`,
        kind: 'end',
        stage: undefined,
      },
    ],
    edges: [
      { from: 'kernel', to: first, kind: 'next' },
      ...steps
        .slice(1)
        .map(({ name }, index) => ({ from: steps[index]?.name ?? '', to: name, kind: 'next' }) as const),
      { from: last, to: check, kind: 'next' },
      { from: check, to: 'root', kind: 'next' },
      { from: 'root', to: 'system', kind: 'next' },
      ...steps.flatMap(({ name, provides }) =>
        provides
          .filter((fact) => facts.includes(fact))
          .map((fact) => ({ from: name, to: idOf(fact), kind: 'gives' }) as const),
      ),
      ...steps.flatMap(({ name, uses }) =>
        uses
          .filter((fact) => facts.includes(fact))
          .map((fact) => ({ from: idOf(fact), to: name, kind: 'uses' }) as const),
      ),
      { from: idOf(handed), to: check, kind: 'uses' },
      { from: first, to: 'emergency', kind: 'fails' },
    ],
  };
}

function idOf(fact: Fact): string {
  return fact.replaceAll(' ', '-');
}

/** What of the provided one sees on a machine, with what it is there. */
function placesOf({ steps }: BootPlan): ReadonlyMap<Fact, string> {
  return new Map(
    steps.flatMap(({ provides, places }) =>
      provides.flatMap((fact) => {
        const place = places[fact];
        return place === undefined ? [] : [[fact, place] as const];
      }),
    ),
  );
}

/** A fact as the machine has it, where the plan knows. */
function labelOf(fact: Fact, place: string): string {
  return place === '' ? fact : `${fact}: ${place}`;
}
