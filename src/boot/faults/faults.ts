/** Every fault by its name. */
import { commandLineFaults } from './command-line-faults.ts';
import { consoleFaults } from './console-faults.ts';
import { discoveryFaults } from './discovery-faults.ts';
import { diskFaults } from './disk-faults.ts';
import { environmentFaults } from './environment-faults.ts';
import type { Fault } from './fault.ts';
import { imageHostFaults } from './image-host-faults.ts';
import { initrdFaults } from './initrd-faults.ts';
import { liveFaults } from './live-faults.ts';
import { mountFaults } from './mount-faults.ts';
import { mountOptionFaults } from './mount-option-faults.ts';
import { verityFaults } from './verity-faults.ts';

export const faults: Readonly<Record<string, Fault>> = {
  ...verityFaults,
  ...diskFaults,
  ...discoveryFaults,
  ...initrdFaults,
  ...imageHostFaults,
  ...commandLineFaults,
  ...mountOptionFaults,
  ...mountFaults,
  ...liveFaults,
  ...environmentFaults,
  ...consoleFaults,
};
