/** Changed steps of the boot plan: added, removed, doing something else, needing something else. */
import type { Step } from '../plan/boot-plan.ts';
import { describeNeeds } from '../plan/explain.ts';

export interface StepChange {
  readonly step: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Sentences and needs that are gone, and that are new. */
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

/** Steps by name: their sentences and needs that went and came. */
export function compareSteps(old: readonly Step[], fresh: readonly Step[]): readonly StepChange[] {
  const names = [...new Set([...old, ...fresh].map(({ name }) => name))];
  return names.flatMap((name): readonly StepChange[] => {
    const before = old.find((step) => step.name === name);
    const after = fresh.find((step) => step.name === name);
    if (!before) return [{ step: name, change: 'added', gone: [], come: after?.explanation ?? [] }];
    if (!after) return [{ step: name, change: 'removed', gone: before.explanation, come: [] }];
    const [gone, come] = [without(wordsOf(before), wordsOf(after)), without(wordsOf(after), wordsOf(before))];
    return gone.length + come.length === 0 ? [] : [{ step: name, change: 'changed', gone, come }];
  });
}

/** Modules that the boot loads no more, and those that it loads now. */
export interface ModuleChange {
  readonly gone: readonly string[];
  readonly come: readonly string[];
  /** The new side loads modules for the devices that are there, too. */
  readonly byDevice: boolean;
}

/** Modules that only one of the two boots loads. */
export function compareModules(old: readonly Step[], fresh: readonly Step[]): ModuleChange {
  const namesOf = (steps: readonly Step[]) => [
    ...new Set(steps.flatMap(({ needs }) => needs.modules.map(({ name }) => name))),
  ];
  const [before, after] = [namesOf(old), namesOf(fresh)];
  const byDevice = fresh.some(({ needs }) => needs.moduleDirectories.length > 0);
  return { gone: without(before, after), come: without(after, before), byDevice };
}

function wordsOf({ explanation, needs }: Step): readonly string[] {
  return [...explanation, ...describeNeeds(needs).map((need) => `needs ${need}`)];
}

function without(words: readonly string[], others: readonly string[]): readonly string[] {
  return words.filter((word) => !others.includes(word));
}
