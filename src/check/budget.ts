/** What an image may have at most. */
import { placeOf } from '../config/place.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { hasBuiltInInitrd } from '../sysroot/microcode.ts';
import { formatBytes } from '../text/bytes.ts';
import { defineCheck } from './check.ts';

export const budgetChecks = [
  defineCheck({
    name: 'budget-of-minimal-initrd',
    needs: ['minimalSize', 'kernel'],
    // One that is built into the kernel is compressed with it: nobody knows its size yet.
    run: ({ config, minimalSize, kernel }) =>
      hasBuiltInInitrd(kernel) ? [] : checkBudget(config, 'Initrd', minimalSize),
  }),
  defineCheck({
    name: 'memory-of-minimal-initrd',
    needs: ['unpackingMemory', 'kernel'],
    run: ({ config, unpackingMemory, kernel }) =>
      hasBuiltInInitrd(kernel) ? [] : checkMemory(config, unpackingMemory),
  }),
  defineCheck({
    name: 'budget-of-image',
    needs: ['imageSize'],
    run: ({ config, imageSize }) => checkBudget(config, 'FullInitrd', imageSize),
  }),
];

/** A finding where `size`, in bytes, is over the budget that the platform sets; 0 is no budget. */
function checkBudget(
  config: PlatformConfig,
  section: 'Initrd' | 'FullInitrd',
  size: number,
): readonly Finding[] {
  const budget = config.settings[section].SizeBudget;
  if (budget === 0 || size <= budget) return [];
  const setting: SettingName = `${section}.SizeBudget`;
  const what = section === 'Initrd' ? 'the minimal initrd' : 'the image of the full initrd';
  const message = `${what} has ${formatBytes(size)} and must have at most ${formatBytes(budget)}`;
  return [finding('over-budget', message, { ...placeOf(config, setting), hint: `SizeBudget=${size}` })];
}

/** A finding where unpacking needs more than the platform says that there is; 0 is no limit. */
function checkMemory(config: PlatformConfig, memory: number): readonly Finding[] {
  const limit = config.settings.Initrd.MemoryLimit;
  if (limit === 0 || memory <= limit) return [];
  const message = `unpacking the minimal initrd needs ${formatBytes(memory)} of memory and must need at most ${formatBytes(limit)}`;
  const hint = `MemoryLimit=${memory}`;
  return [finding('over-budget', message, { ...placeOf(config, 'Initrd.MemoryLimit'), hint })];
}
