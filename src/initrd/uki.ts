/** A unified kernel image: what systemd-stub(7) gives the kernel, from its sections. */
import { type Range, readRange } from './input.ts';
import type { PeSection } from './pe.ts';

export interface Uki {
  /** In the order in which the kernel gets them: microcode first. */
  readonly initrds: readonly Range[];
  readonly kernel: Range | undefined;
  /** Sections that are text, by the name under which they are shown. */
  readonly texts: ReadonlyMap<string, string>;
}

const [initrdName, microcodeName, kernelName, profileName] = ['.initrd', '.ucode', '.linux', '.profile'];
const textNames = ['.cmdline', '.uname', '.osrel', '.sbat', '.profile', '.pcrpkey'];

/** A UKI from the sections of a PE file; undefined where no section is of one. */
export function ukiOf(sections: readonly PeSection[]): Uki | undefined {
  const known = [initrdName, microcodeName, kernelName, ...textNames];
  if (!sections.some(({ name }) => [initrdName, kernelName].includes(name))) return undefined;
  const [base = [], ...profiles] = byProfile(sections.filter(({ name }) => known.includes(name)));
  // Without a choice systemd-stub boots the first profile, whose sections take the place of those for all.
  const booted = overridden(base, profiles[0] ?? []);
  const named = (...names: readonly string[]) =>
    names.flatMap((wanted) => booted.filter(({ name }) => name === wanted).map(({ data }) => data));
  return {
    initrds: named(microcodeName, initrdName),
    kernel: named(kernelName)[0],
    texts: textsOf(base, profiles),
  };
}

/** Sections before the first .profile are for all; each .profile begins the sections of one. */
function byProfile(sections: readonly PeSection[]): readonly (readonly PeSection[])[] {
  const groups: PeSection[][] = [[]];
  for (const section of sections) {
    if (section.name === profileName) groups.push([]);
    groups.at(-1)?.push(section);
  }
  return groups;
}

function overridden(base: readonly PeSection[], profile: readonly PeSection[]): readonly PeSection[] {
  const replaced = new Set(profile.map(({ name }) => name));
  return [...base.filter(({ name }) => !replaced.has(name)), ...profile];
}

function textsOf(
  base: readonly PeSection[],
  profiles: readonly (readonly PeSection[])[],
): ReadonlyMap<string, string> {
  const groups = [base, ...profiles].flatMap((sections, index) =>
    sections
      .filter(({ name }) => textNames.includes(name))
      .map(({ name, data }) => [index === 0 ? name : `profile ${index - 1} ${name}`, textOf(data)] as const),
  );
  return new Map(groups);
}

function textOf(data: Range): string {
  return readRange(data).toString('utf8').replace(/\0+$/, '');
}
