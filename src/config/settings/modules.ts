/** [Modules]: kernel modules of stage 1. */
import { is } from '../only-with.ts';
import { setting } from '../setting.ts';
import { moduleDirectory, moduleName } from '../value-types/names.ts';
import { choice } from '../value-types/value-type.ts';

export const modules = {
  Load: setting({
    type: choice('listed', 'coldplug'),
    default: 'listed',
    help: 'Which modules are loaded: the `listed` ones and what the boot itself needs; `coldplug`: also the drivers of the devices that are there, from ModuleDirectories.',
    since: '0.1.0',
  }),
  ModuleDirectories: setting({
    type: moduleDirectory,
    default: [],
    onlyWith: [is('Modules.Load', 'coldplug')],
    listsDrivers: true,
    help: "A directory of the kernel's module tree, such as `drivers/ata`, or one module in it, such as `drivers/hv/hv_vmbus`, or of its updates, such as `updates/dkms`: its drivers come along, with what they depend on and their firmware.",
    since: '0.1.0',
  }),
  Modules: setting({
    type: moduleName,
    default: [],
    listsDrivers: true,
    help: 'Kernel module to load before the devices are searched, usually a disk driver, with its parameters behind it, such as `ramoops mem_size=0x100000`; modules that have none may stand side by side. With a leading `-` it may be missing or fail.',
    since: '0.1.0',
  }),
};
