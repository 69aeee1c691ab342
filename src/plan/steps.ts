/** The steps of stage 1, in the order in which a boot takes them: decided here and nowhere else. */
import type { StepDefinition } from './step.ts';
import { carryOver } from './steps/carry-over.ts';
import { checkFullInitrd } from './steps/check-full-initrd.ts';
import { checkMountedUsr } from './steps/check-mounted-usr.ts';
import { findFileSystem } from './steps/find-file-system.ts';
import { findImagePartition } from './steps/find-image-partition.ts';
import { findLiveUsr } from './steps/find-live-usr.ts';
import { findUsrPartition } from './steps/find-usr-partition.ts';
import { handOverUsr } from './steps/hand-over-usr.ts';
import { letImageGo } from './steps/let-image-go.ts';
import { loadModules } from './steps/load-modules.ts';
import { makeSkeletonRoot } from './steps/make-skeleton-root.ts';
import { mountFullInitrd } from './steps/mount-full-initrd.ts';
import { mountKernelFileSystems } from './steps/mount-kernel-filesystems.ts';
import { mountUsr } from './steps/mount-usr.ts';
import { openImage } from './steps/open-image.ts';
import { readKernelCommandLine } from './steps/read-kernel-command-line.ts';
import { setPanicTimeout } from './steps/set-panic-timeout.ts';
import { setUpVerity } from './steps/set-up-verity.ts';
import { switchRoot } from './steps/switch-root.ts';

export const steps = [
  mountKernelFileSystems,
  setPanicTimeout,
  readKernelCommandLine,
  loadModules,
  findLiveUsr,
  findUsrPartition,
  findImagePartition,
  openImage,
  findFileSystem,
  setUpVerity,
  mountUsr,
  checkMountedUsr,
  makeSkeletonRoot,
  mountFullInitrd,
  letImageGo,
  handOverUsr,
  checkFullInitrd,
  carryOver,
  switchRoot,
] as const satisfies readonly StepDefinition[];

export type StepName = (typeof steps)[number]['name'];
