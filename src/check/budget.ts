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
  defineCheck({
    name: 'budget-of-uki',
    needs: ['ukiSize'],
    run: ({ config, ukiSize }) => checkBudget(config, 'Uki', ukiSize),
  }),
  defineCheck({
    name: 'length-of-command-line',
    needs: ['ukiCommandLine'],
    run: ({ config, ukiCommandLine }) => checkLength(config, Buffer.byteLength(ukiCommandLine)),
  }),
];

/** Sections with a SizeBudget, and what it is of. */
const budgeted = {
  Initrd: 'the minimal initrd',
  FullInitrd: 'the image of the full initrd',
  Uki: 'the unified kernel image',
} as const;

/** A finding where `size`, in bytes, is over the budget that the platform sets; 0 is no budget. */
function checkBudget(
  config: PlatformConfig,
  section: keyof typeof budgeted,
  size: number,
): readonly Finding[] {
  const budget = config.settings[section].SizeBudget;
  if (budget === 0 || size <= budget) return [];
  const setting: SettingName = `${section}.SizeBudget`;
  const message = `${budgeted[section]} has ${formatBytes(size)} and must have at most ${formatBytes(budget)}`;
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

/** Bytes that kernels of x86 and arm64 take of their command line, without the NUL behind it (COMMAND_LINE_SIZE). */
const longestCommandLine = 2047;

function checkLength(config: PlatformConfig, length: number): readonly Finding[] {
  if (length <= longestCommandLine) return [];
  const message = `the kernel command line of the UKI has ${length} bytes, and the kernel takes ${longestCommandLine}: what is behind them is lost`;
  const hint = `take ${length - longestCommandLine} bytes out of CommandLine=, Recovery= or --append`;
  return [finding('command-line-too-long', message, { ...placeOf(config, 'Uki.CommandLine'), hint })];
}
