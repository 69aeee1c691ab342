/** `bootrelay platforms`: the platforms that come along, which Extends=bootrelay:NAME finds; or the text of one. */
import type { FileReader } from '../config/file-reader.ts';
import { loadPlatform } from '../config/load.ts';
import { platformFile, shippedNames } from '../config/shipped.ts';
import { UsageError } from '../errors.ts';
import type { CommandResult } from '../host/result.ts';
import { readShippedPlatform } from '../package.ts';
import { didYouMean } from '../text/suggestions.ts';

const nothingElse: FileReader = {
  read: () => ({ error: 'is no shipped platform', missing: true }),
  list: () => [],
};

/** All with their descriptions, or one as it is. UsageError for another name. */
export async function platforms({ name }: { readonly name: string | undefined }): Promise<CommandResult> {
  return name === undefined ? listAll() : showOne(name);
}

function listAll(): CommandResult {
  const rows = shippedNames().map((name) => ({
    name,
    description: loadPlatform(name, [], nothingElse).config?.settings.Platform.Description ?? '',
  }));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const text = rows.map(({ name, description }) => `${name.padEnd(width)}  ${description}`.trimEnd());
  return {
    exitCode: 0,
    text: `${text.join('\n')}\n`,
    json: { command: 'platforms', platforms: rows },
    findings: [],
  };
}

function showOne(name: string): CommandResult {
  const known = shippedNames().find((shipped) => [shipped, shipped.replace(/^.*:/, '')].includes(name));
  if (known === undefined) {
    const hint = didYouMean(name, shippedNames()) ?? '`bootrelay platforms` lists them';
    throw new UsageError(`bootrelay comes with no platform ${name}; ${hint}`);
  }
  const text = readShippedPlatform(platformFile(known).replace(/^.*:/, ''));
  return { exitCode: 0, text, json: { command: 'platforms', name: known, text }, findings: [] };
}
