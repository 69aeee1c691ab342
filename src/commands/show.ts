/** `bootrelay show`: the effective settings of a platform. */
import { effectiveSettings } from '../config/effective.ts';
import { isSecret, shownValues } from '../config/secrets.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { quoteIni } from '../config/write-platform.ts';
import { planOnePlatform } from '../host/platforms.ts';
import type { CommandResult } from '../host/result.ts';
import { sourceOf } from '../plan/source.ts';

export interface ShowArguments {
  readonly platform: string;
  readonly set: readonly string[];
  readonly origin: boolean;
}

interface ShownSetting {
  readonly section: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly origin: string;
}

/** The effective settings of one platform, with their origins if wanted. Exit code 2 where it has errors. */
export async function show(args: ShowArguments): Promise<CommandResult> {
  const loaded = planOnePlatform('show', args.platform, args.set);
  if ('failed' in loaded) return loaded.failed;
  const { config } = loaded.platform;
  const shown = shownSettings(config);
  return {
    exitCode: 0,
    text: formatIni(shown, args.origin),
    json: { command: 'show', platform: config.name, settings: shown },
    findings: loaded.findings,
  };
}

function shownSettings(config: PlatformConfig): readonly ShownSetting[] {
  return effectiveSettings(config).map(({ row: { section, key, name }, values }) => ({
    section,
    key,
    values: shownValues(name, values),
    origin: sourceOf(config, name),
  }));
}

/** INI text that can be given back to bootrelay; with origins as comments above each setting. */
function formatIni(shown: readonly ShownSetting[], withOrigin: boolean): string {
  const sections = [...new Set(shown.map(({ section }) => section))];
  return sections
    .map((section) => {
      const lines = shown
        .filter((setting) => setting.section === section)
        .flatMap(({ key, values, origin }) => [
          ...(withOrigin ? [`# ${origin}`] : []),
          ...formatValues(section, key, values),
        ]);
      return [`[${section}]`, ...lines, ''].join('\n');
    })
    .join('\n');
}

/** A secret is a comment: what is shown of it is no value. */
function formatValues(section: string, key: string, values: readonly string[]): readonly string[] {
  if (values.length === 0) return [`${key}=`];
  if (isSecret(`${section}.${key}`)) return values.map((value) => `# ${key}= ${value}`);
  return values.map((value) => `${key}=${quoteIni(value)}`);
}
