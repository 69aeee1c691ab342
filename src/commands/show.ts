/** `bootrelay show`: the effective settings of a platform. */
import { effectiveSettings } from '../config/effective.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { quoteIni } from '../config/write-platform.ts';
import { sourceOf } from '../plan/source.ts';
import { planOnePlatform } from './platforms.ts';
import type { CommandResult } from './result.ts';

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
    values,
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
          ...(values.length === 0 ? [`${key}=`] : values.map((value) => `${key}=${quoteIni(value)}`)),
        ]);
      return [`[${section}]`, ...lines, ''].join('\n');
    })
    .join('\n');
}
