/** The checks, in the order in which they run and their findings are shown. `check`, `build`, `pack` and `boot` run this list. */
import { budgetChecks } from './budget.ts';
import { busChecks } from './buses.ts';
import type { Check } from './check.ts';
import { extraFileChecks } from './extra-files.ts';
import { fileChecks } from './files.ts';
import { fullInitrdChecks } from './full-initrd.ts';
import { hardwareChecks } from './hardware.ts';
import { imageChecks } from './image.ts';
import { interpreterChecks } from './interpreters.ts';
import { kernelChecks } from './kernel.ts';
import { libraryChecks } from './libraries.ts';
import { likeChecks } from './like.ts';
import { microcodeChecks } from './microcode.ts';
import { moduleFileChecks } from './module-files.ts';
import { moduleChecks } from './modules.ts';
import { programChecks } from './programs.ts';
import { sharingChecks } from './sharing.ts';
import { systemChecks } from './system.ts';

export const checks: readonly Check[] = [
  ...systemChecks,
  ...programChecks,
  ...fileChecks,
  ...moduleChecks,
  ...busChecks,
  ...kernelChecks,
  ...extraFileChecks,
  ...interpreterChecks,
  ...hardwareChecks,
  ...likeChecks,
  ...microcodeChecks,
  ...libraryChecks,
  ...moduleFileChecks,
  ...imageChecks,
  ...sharingChecks,
  ...budgetChecks,
  ...fullInitrdChecks,
];
