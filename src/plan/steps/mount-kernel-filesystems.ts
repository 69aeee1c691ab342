import { applets, asks, options } from '../needs.ts';
import { defineStep } from '../step.ts';
import { systemdFiles, systemdPrograms } from '../systemd.ts';

const kernelOptionsOfCompression = { zstd: ['RD_ZSTD'], xz: ['RD_XZ'], gzip: ['RD_GZIP'], none: [] } as const;

/** Of those in systemd's README, what it does not start without. */
const kernelOptionsOfSystemd = [
  'CGROUPS',
  'NET',
  'UNIX',
  'FHANDLE',
  'INOTIFY_USER',
  'SIGNALFD',
  'TIMERFD',
  'EPOLL',
];

export const mountKernelFileSystems = defineStep({
  name: 'mount-kernel-filesystems',
  summary: '/proc, /sys, /dev, /run; from here on every step is in the kernel log',
  plan({ settings }) {
    const { Init, Compression } = settings.Initrd;
    const systemd = Init === 'systemd';
    return {
      explanation: [
        `Mounts /proc, /sys, /dev and /run${systemd ? ': systemd does, as PID 1' : ''}. From here on every step writes its name to the kernel log.`,
      ],
      needs: {
        kernelOptions: [
          ...options(
            'DEVTMPFS',
            'TMPFS',
            'PROC_FS',
            'SYSFS',
            'BLK_DEV_INITRD',
            'BINFMT_SCRIPT',
            'BINFMT_ELF',
          ),
          ...(settings.Emergency.Action === 'panic' ? asks('Emergency.Action', options('MAGIC_SYSRQ')) : []),
          ...asks('Initrd.Compression', options(...kernelOptionsOfCompression[Compression])),
          ...(Compression === 'xz' && settings.Platform.Architecture === 'x86-64'
            ? asks('Initrd.Compression', options('XZ_DEC_X86'))
            : []),
          ...(systemd ? asks('Initrd.Init', options(...kernelOptionsOfSystemd)) : []),
        ],
        // What every script of the systemd form uses, and what starts it.
        programs: applets('sh', 'env', systemd ? 'mkdir' : 'mount'),
        files: systemd ? asks('Initrd.Init', systemdFiles) : [],
        directories: ['/proc', '/sys', '/dev', '/run', '/tmp'],
        // Before devtmpfs is mounted: where the kernel opens /init's output, and where the first step logs.
        deviceNodes: [
          { path: '/dev/console', major: 5, minor: 1, mode: 0o600 },
          { path: '/dev/kmsg', major: 1, minor: 11, mode: 0o644 },
        ],
      },
      provides: ['kernel file systems', 'kernel log'],
      reasons: systemd ? [] : ['kernel-fs-missing'],
      view: {},
      systemd: { by: 'PID 1', starts: asks('Initrd.Init', systemdPrograms) },
    };
  },
});
