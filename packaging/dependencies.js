/** The packages that a bundle is made of, by what esbuild says it read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.js';

/** Name, version, licence and directory of each, sorted by name. */
export function dependenciesIn({ inputs }) {
  const directories = Object.keys(inputs).flatMap((path) => {
    const [, directory] = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    return directory === undefined ? [] : [join(root, directory)];
  });
  return [...new Set(directories)]
    .map((directory) => {
      const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      return { name, version, license, directory };
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The licences of all, as they ask to be kept with every copy. Throws for a package that neither has nor names one. */
export function licenseTexts(dependencies) {
  const texts = dependencies.map(({ name, version, license, directory }) => {
    const files = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    if (files.length === 0 && license === undefined) throw new Error(`${name} ${version} says no licence`);
    const text = files.map((file) => readFileSync(join(directory, file), 'utf8').trim());
    return [`## ${name} ${version}: ${license}`, ...text, ''].join('\n\n');
  });
  return [`bootrelay.mjs has these packages in it.\n`, ...texts].join('\n');
}
