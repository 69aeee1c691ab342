import { imageHost } from '../../config/image-host.ts';
import type { PlatformSettings } from '../../config/settings.ts';
import type { PlatformConfig } from '../../config/validate.ts';
import { type DeviceSpec, formatDevice, lookedFor } from '../../config/value-types/devices.ts';
import {
  appletsToFind,
  blkidToFind,
  type FindDeviceView,
  findDeviceView,
  kernelOptionsOfDevices,
  reasonsOfDevices,
} from '../find-device.ts';
import { applets } from '../needs.ts';
import { onlyIf } from '../only-if.ts';
import { variable } from '../source.ts';
import { defineStep, type Said } from '../step.ts';

/** True where the image of the full initrd is on a partition, and not in /usr. */
export function hasImageHost(settings: PlatformSettings): boolean {
  return imageHost(settings) !== undefined;
}

export const findImagePartition = defineStep({
  name: 'find-image-partition',
  summary: 'with `FullInitrd.Host=partition`: waits for exactly one device of the given name',
  when: hasImageHost,
  plan(config: PlatformConfig): Said<FindDeviceView> {
    const { settings } = config;
    const { FullInitrd, Devices } = settings;
    const view = findDeviceView(settings);
    return {
      explanation: [
        `Waits up to ${Devices.Timeout} s for ${FullInitrd.HostDevice ? formatDevice(FullInitrd.HostDevice) : 'the partition'} to appear, which has the image of the full initrd. Exactly one device must match; names are compared whole.`,
      ],
      needs: {
        kernelOptions: kernelOptionsOfDevices,
        programs: [...applets(...appletsToFind(view)), ...blkidToFind(view, 'FullInitrd.HostDevice')],
      },
      uses: [
        'kernel file systems',
        'kernel log',
        'disk drivers',
        ...onlyIf(view.coldplug, 'drivers of new devices'),
      ],
      provides: ['image partition'],
      places: { 'image partition': FullInitrd.HostDevice ? formatDevice(FullInitrd.HostDevice) : '' },
      variables: [
        variable(config, 'image_host', 'FullInitrd.HostDevice', wordsOf(FullInitrd.HostDevice)),
        variable(config, 'device_timeout', 'Devices.Timeout', Math.ceil(Devices.Timeout)),
      ],
      reads: ['image_host', 'device_timeout'],
      writes: ['image_partition'],
      waits: Math.ceil(Devices.Timeout),
      reasons: reasonsOfDevices,
      functions: ['find-device'],
      view,
    };
  },
});

function wordsOf(device: DeviceSpec | undefined): string {
  return device ? lookedFor(device) : '';
}
