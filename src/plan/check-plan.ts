/** A plan's promises between its steps: what one uses or reads, an earlier one provides or writes. */
import type { BootPlan, Step } from './boot-plan.ts';

/** A plan that is wrong in itself: a defect of bootrelay, not of the platform. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * Refuses a plan that cannot run: a step that uses or reads what no earlier step provides or writes, a value that is read
 * before a step sets it, a name that appears twice, or a last step that does not start the full initrd. Throws PlanError
 * with all of it.
 */
export function checkPlan(plan: BootPlan): void {
  const { steps } = plan;
  const problems = [
    ...steps.flatMap((step, index) => [
      ...(steps.findIndex(({ name }) => name === step.name) < index
        ? [`the step ${step.name} appears twice`]
        : []),
      ...checkFacts(step, steps.slice(0, index)),
      ...checkValues(step, steps, index),
    ]),
    ...(steps.at(-1)?.provides.includes('running full initrd')
      ? []
      : ['the last step must start the full initrd']),
  ];
  if (problems.length > 0) throw new PlanError(`the boot plan of ${plan.platform}: ${problems.join('; ')}`);
}

function checkFacts({ name, uses }: Step, before: readonly Step[]): readonly string[] {
  const provided = new Set(before.flatMap(({ provides }) => provides));
  return uses
    .filter((fact) => !provided.has(fact))
    .map((fact) => `${name} uses "${fact}", which no earlier step provides`);
}

/** A step that sets a value itself may hand it on to one that changes it again. */
function checkValues(
  { name, reads, writes: own }: Step,
  steps: readonly Step[],
  index: number,
): readonly string[] {
  const settings = steps.flatMap(({ variables }) => variables.map(({ variable }) => variable));
  const known = new Set([...settings, ...steps.slice(0, index).flatMap(({ writes }) => writes)]);
  const later = steps.slice(index + 1);
  return reads.flatMap((value) => {
    const writer = own.includes(value) ? undefined : later.find(({ writes }) => writes.includes(value));
    return [
      ...(known.has(value) ? [] : [`${name} reads ${value}, which no setting and no earlier step gives`]),
      ...(writer ? [`${name} reads ${value} before ${writer.name} sets it`] : []),
    ];
  });
}
