/** The fault that is asked for by its name. */
import { UsageError } from '../../errors.ts';
import { didYouMean } from '../../text/suggestions.ts';
import type { Fault } from './fault.ts';
import { faults } from './faults.ts';

/** Throws UsageError, with a suggestion, where there is no such fault. */
export function faultNamed(name: string): Fault {
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault) return fault;
  const names = Object.keys(faults);
  const hint = didYouMean(name, names) ?? `the faults are ${names.join(', ')}`;
  throw new UsageError(`there is no fault ${name}; ${hint}`);
}

/** Whether a fault is in the packed full initrd, so that it must be packed here. */
export function isOfImage({ image, disks }: Fault): boolean {
  return image !== undefined || (disks ?? []).some(({ damage }) => damage?.place.in === 'image');
}
