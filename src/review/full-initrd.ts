/** Is a full initrd one that works in this boot? Looked at before anything boots. */
import { join } from 'node:path';
import { followLinks } from '../build/sysroot.ts';
import type { SettingName } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { type Finding, finding } from '../findings.ts';
import { type InitrdFile, type InitrdFiles, readInitrdFiles } from '../pack/initrd-files.ts';
import type { BootPlan } from '../plan/boot-plan.ts';
import { checkUsrPaths, renderFullInitrdFiles } from '../render/full-initrd.ts';

/** `kernel` is the version that boots it, where that is known; `work` takes what is decompressed. Throws InitrdError, ToolError. */
export async function checkFullInitrd(
  config: PlatformConfig,
  plan: BootPlan,
  initrd: string,
  kernel: string | undefined,
  work: string,
): Promise<readonly Finding[]> {
  const contents = await readInitrdFiles(initrd, work);
  const has = (path: string) => fileAt(contents, path) !== undefined;
  const unfit = (message: string, setting: SettingName | undefined, hint?: string) =>
    finding('full-initrd-unfit', `${initrd} ${message}`, {
      ...(setting && { setting, origin: config.origins.get(setting)?.at(-1) }),
      hint,
    });
  const { Init } = config.settings.FullInitrd;
  return [
    ...checkInit(contents, Init).map((message) => unfit(message, 'FullInitrd.Init')),
    ...checkRelease(has, config).map((message) => unfit(message, undefined)),
    ...checkKernel(contents, kernel).map((message) => unfit(message, undefined)),
    ...checkOwn(contents, has, config, plan).map((message) =>
      unfit(message, undefined, 'dracut --add bootrelay, with the rendered full/90bootrelay'),
    ),
    ...checkRendering(contents, config, plan, initrd),
  ];
}

/** The file at a path, links followed as the kernel does; an archive need not list directories above its files. */
function fileAt({ files }: InitrdFiles, path: string): InitrdFile | undefined {
  const resolved = followLinks(path, (name) => files.get(name)?.target ?? '');
  return resolved === undefined ? undefined : files.get(resolved);
}

function checkInit(contents: InitrdFiles, init: string): readonly string[] {
  const file = fileAt(contents, init);
  if (!file) return [`must have ${init}, which switch_root starts`];
  const executable = (Number.parseInt(file.mode, 8) & 0o111) !== 0;
  return file.type === 'file' && executable ? [] : [`must have ${init} as a program that can be started`];
}

/** As stage 1 asks for it: without them systemd takes itself for the system, or does not switch. */
function checkRelease(has: (path: string) => boolean, { settings }: PlatformConfig): readonly string[] {
  const release = has('/etc/initrd-release') ? [] : ['must have /etc/initrd-release'];
  const system = ['/etc/os-release', '/usr/lib/os-release'];
  const needed = settings.Initrd.Init === 'systemd' && !system.some(has);
  return [...release, ...(needed ? [`must have ${system.join(' or ')}`] : [])];
}

/** Modules of another kernel cannot be loaded; none at all may be meant. */
function checkKernel({ files }: InitrdFiles, kernel: string | undefined): readonly string[] {
  if (kernel === undefined) return [];
  const versions = new Set(
    [...files.keys()].flatMap((path) => /^(?:\/usr)?\/lib\/modules\/([^/]+)\//.exec(path)?.[1] ?? []),
  );
  if (versions.size === 0 || versions.has(kernel)) return [];
  return [`must have modules of kernel ${kernel}, not of ${[...versions].join(', ')}`];
}

/** bootrelay's check of /usr with all that it calls. */
function checkOwn(
  contents: InitrdFiles,
  has: (path: string) => boolean,
  config: PlatformConfig,
  plan: BootPlan,
): readonly string[] {
  const { checkUsr, enabled } = renderFullInitrdFiles(config, plan, checkUsrPaths.dracut);
  if (!has(checkUsrPaths.dracut)) return ['must have the check of /usr (dracut module bootrelay)'];
  const wanted = enabled.filter(
    (unit) =>
      ![...contents.files.keys()].some(
        (path) => /\.(requires|wants)\/[^/]+$/.test(path) && path.endsWith(`/${unit}`),
      ),
  );
  const programs = ['cat', 'readlink', 'sleep', 'tr', 'dmsetup'].filter(
    (name) => 'text' in checkUsr && new RegExp(`\\b${name}\\b`).test(checkUsr.text),
  );
  const missing = programs.filter(
    (name) => !['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((directory) => has(join(directory, name))),
  );
  return [
    ...wanted.map((unit) => `must have ${unit} enabled`),
    ...missing.map((name) => `must have ${name}, which the check of /usr calls`),
  ];
}

/** Files of bootrelay's in it that this platform would have otherwise, but for their comments. */
function checkRendering(
  { texts }: InitrdFiles,
  config: PlatformConfig,
  plan: BootPlan,
  initrd: string,
): readonly Finding[] {
  const { checkUsr, units, rules } = renderFullInitrdFiles(config, plan, checkUsrPaths.dracut);
  const own = [
    [checkUsrPaths.dracut, checkUsr] as const,
    ...[...units].map(([name, file]) => [`/etc/systemd/system/${name}`, file] as const),
    ...[...rules].map(([name, file]) => [`/etc/udev/rules.d/${name}`, file] as const),
  ];
  const others = own.filter(([path, file]) => {
    const text = texts.get(path.slice(1));
    return text !== undefined && withoutComments(text) !== withoutComments(file.text);
  });
  if (others.length === 0) return [];
  const paths = others.map(([path]) => path).join(', ');
  return [finding('full-initrd-outdated', `${initrd} has ${paths} as another platform or revision has it`)];
}

/** Several platforms may share a full initrd: their names and lines are in comments. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*#.*\n|\s# .*$/gm, '');
}
