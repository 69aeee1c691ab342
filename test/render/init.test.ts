import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findMountOption } from '../../src/config/mount-options.ts';
import { textAt } from '../../src/render/tree.ts';
import { filesOf, platformNames, renderNamed } from './platforms.ts';
import { runProgram, shells } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

const scripts = platformNames.flatMap((platform) =>
  filesOf(platform)
    .filter(([path, { mode }]) => mode === 0o755 || path.endsWith('/step-functions'))
    .map(([path, { text }]) => [`${platform}/${path}`, text] as const),
);

test.each(scripts)('%s passes shellcheck', (name, text) => {
  const file = join(work, name.replaceAll('/', '-'));
  writeFileSync(file, text);
  expect(runProgram(['shellcheck', file]).stdout).toBe('');
});

describe.each(shells)('%s', (_, shell) => {
  const posix = scripts.filter(([name]) => !name.endsWith('module-setup.sh'));
  test.each(posix)('reads %s', (_name, text) => {
    expect(runProgram([...shell, '-n'], text)).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

/** The names of parameters, for each thing the one that counts first. */
interface Names {
  readonly UsrDevice: readonly string[];
  readonly UsrFileSystem: readonly string[];
  readonly UsrOptions: readonly string[];
  readonly RootHash: readonly string[];
}

const usual: Names = {
  UsrDevice: ['mount.usr'],
  UsrFileSystem: ['mount.usrfstype'],
  UsrOptions: ['mount.usrflags'],
  RootHash: ['usrhash'],
};

const several: Names = {
  UsrDevice: ['mount.usr', 'usr', 'old.usr'],
  UsrFileSystem: ['mount.usrfstype', 'usrfstype'],
  UsrOptions: ['mount.usrflags', 'usrflags'],
  RootHash: ['verity.usrhash', 'usrhash'],
};

/** The step of the rendered /init alone, reading a command line from a file, printing what it took. */
function commandLineStep(names: Names, shown = ['usr_device', 'usr_options', 'root_hash']): string {
  const overrides = Object.entries(names).map(([key, of]) => `KernelCommandLine.${key}=${of.join(' ')}`);
  const limited = ['Devices.LongestTimeout=5min', 'KernelCommandLine.Timeout=rd.timeout'];
  const more = shown.includes('device_timeout') ? limited : [];
  const text = textAt(renderNamed('qemu-x86_64', ...overrides, ...more), 'minimal/init') ?? '';
  const step = /^step read-kernel-command-line\n(.*?)^step /ms.exec(text)?.[1] ?? '';
  expect(step).toContain('/proc/cmdline');
  return [
    "usr_device=unset usr_options=unset root_hash='' device_timeout=90",
    'log() { :; }',
    'stop() { printf \'stop:%s\' "$2"; exit 0; }',
    step
      .replace('/proc/cmdline', '"$1"')
      .replaceAll('/tmp/words', '"$1.words"')
      .replaceAll('/tmp/line', '"$1.line"'),
    `printf '%s' "${shown.map((name) => `$${name}`).join('\n')}"`,
  ].join('\n');
}

/**
 * Parameters as next_arg() of the kernel's lib/cmdline.c cuts them: the reference that the shell is compared with.
 */
function kernelParameters(commandLine: string): readonly (readonly [string, string])[] {
  const parameters: [string, string][] = [];
  let rest = commandLine.replace(/^\s+/, '');
  while (rest !== '') {
    let quoted = rest.startsWith('"');
    if (quoted) rest = rest.slice(1);
    let inQuote = quoted;
    let equals = 0;
    let end = 0;
    for (; end < rest.length; end++) {
      const character = rest[end] ?? '';
      if (/\s/.test(character) && !inQuote) break;
      if (equals === 0 && character === '=') equals = end;
      if (character === '"') inQuote = !inQuote;
    }
    let word = rest.slice(0, end);
    rest = rest.slice(end).replace(/^\s+/, '');
    if (equals > 0 && word[equals + 1] === '"') {
      word = word.slice(0, equals + 1) + word.slice(equals + 2);
      quoted = true;
    }
    if (quoted && word.endsWith('"')) word = word.slice(0, -1);
    if (equals > 0) parameters.push([word.slice(0, equals), word.slice(equals + 1)]);
  }
  return parameters;
}

function expected(commandLine: string, names = usual): string {
  const parameters = kernelParameters(commandLine);
  /** Of the names of one thing the first that is there. */
  const given = ([first = '', ...others]: readonly string[]) =>
    [first, ...others].find((name) => parameters.some(([key]) => key === name)) ?? first;
  const last = (of: readonly string[]) => parameters.findLast(([key]) => key === given(of))?.[1];
  const fileSystem = parameters.find(
    ([key, value]) => key === given(names.UsrFileSystem) && !['auto', 'erofs'].includes(value),
  );
  if (fileSystem) return `stop:${fileSystem.join('=')}, but this initrd has erofs only`;
  const flags = last(names.UsrOptions);
  const options = (flags ?? '').split(',').filter(Boolean);
  const useOf = (option: string) => findMountOption('erofs', option)?.use;
  const refused = options.find(
    (option) => !['always', 'command line', 'later stages'].includes(useOf(option) ?? ''),
  );
  if (refused !== undefined) return `stop:${given(names.UsrOptions)}= may not set the option ${refused}`;
  const kept = options.filter((option) => useOf(option) === 'command line').join(',');
  const hash = last(names.RootHash) ?? '';
  if (!/^[0-9A-Fa-f]+$/.test(hash))
    return `stop:${names.RootHash.join('= or ')}= is missing, empty or not hexadecimal`;
  const device = parameters.findLast(
    ([key, value]) => key === given(names.UsrDevice) && value !== '/dev/mapper/usr',
  );
  return [device ? withoutQuotes(device[1]) : 'unset', flags === undefined ? 'unset' : kept, hash].join('\n');
}

/** Of a tag's value stage 1 takes off its own quotes. */
function withoutQuotes(device: string): string {
  const [, tag = '', double, single] = /^([^/=][^=]*=|=)(?:"(.*)"|'(.*)')$/s.exec(device) ?? [];
  const inner = double ?? single;
  return inner === undefined ? device : tag + inner;
}

describe.each(shells)('the kernel command line, read by %s', (_, shell) => {
  const script = join(work, 'command-line.sh');
  const input = join(work, 'cmdline');
  const read = (commandLine: string, names = usual) => {
    writeFileSync(script, commandLineStep(names));
    writeFileSync(input, `${commandLine}\n`);
    return runProgram([...shell, script, input]).stdout;
  };

  test.each([
    ['plain', 'quiet mount.usr=PARTLABEL=USR-B usrhash=ab', 'PARTLABEL=USR-B\nunset\nab'],
    ['value in quotes', 'mount.usr="LABEL=a b" usrhash=ab', 'LABEL=a b\nunset\nab'],
    ['parameter in quotes', '"mount.usr=LABEL=a b" usrhash=ab', 'LABEL=a b\nunset\nab'],
    ['quotes inside', 'mount.usr=LABEL="a  b" usrhash=ab', 'LABEL=a  b\nunset\nab'],
    ['quotes that the kernel does not know', "mount.usr=LABEL='a-b' usrhash=ab", 'LABEL=a-b\nunset\nab'],
    ['no end of quotes', 'usrhash=ab mount.usr="LABEL=a b', 'LABEL=a b\nunset\nab'],
    ['globs stay', 'mount.usr=/dev/* usrhash=ab', '/dev/*\nunset\nab'],
    [
      'an option that is a command',
      'usrhash=ab mount.usrflags=$(reboot)',
      'stop:mount.usrflags= may not set the option $(reboot)',
    ],
    [
      'an option that is a pattern',
      'usrhash=ab mount.usrflags=r?',
      'stop:mount.usrflags= may not set the option r?',
    ],
    ['options', 'usrhash=ab mount.usrflags=noatime,ro,nodev', 'unset\nnoatime,nodev\nab'],
    ['options for systemd', 'usrhash=ab mount.usrflags=x-a.b=c,nofail,ro,auto', 'unset\n\nab'],
    ['no options', 'usrhash=ab mount.usrflags=', 'unset\n\nab'],
    [
      'an option that names a device',
      'usrhash=ab mount.usrflags=ro,device=/dev/vdb',
      'stop:mount.usrflags= may not set the option device=/dev/vdb',
    ],
    ['the last one wins', 'usrhash=aa usrhash=bb', 'unset\nunset\nbb'],
    ['the verity device as systemd names it', 'mount.usr=/dev/mapper/usr usrhash=ab', 'unset\nunset\nab'],
    ['a longer name', 'xusrhash=aa usrhash2=bb', 'stop:usrhash= is missing, empty or not hexadecimal'],
    ['an empty hash', 'usrhash=', 'stop:usrhash= is missing, empty or not hexadecimal'],
    ['no hash', '', 'stop:usrhash= is missing, empty or not hexadecimal'],
    ['not hexadecimal', 'usrhash=abxy', 'stop:usrhash= is missing, empty or not hexadecimal'],
    [
      'another file system',
      'mount.usrfstype=btrfs',
      'stop:mount.usrfstype=btrfs, but this initrd has erofs only',
    ],
  ])('%s', (_name, commandLine, result) => {
    expect(expected(commandLine)).toBe(result);
    expect(read(commandLine)).toBe(result);
  });

  test.each([
    ['the first alone', 'mount.usr=PARTLABEL=A usrhash=ab', 'PARTLABEL=A\nunset\nab'],
    ['the second alone', 'usr=PARTLABEL=A usrhash=ab', 'PARTLABEL=A\nunset\nab'],
    [
      'the first before the second',
      'mount.usr=PARTLABEL=A usr=PARTLABEL=B usrhash=ab',
      'PARTLABEL=A\nunset\nab',
    ],
    [
      'the first behind the second',
      'usr=PARTLABEL=B mount.usr=PARTLABEL=A usrhash=ab',
      'PARTLABEL=A\nunset\nab',
    ],
    ['the last of the first', 'mount.usr=/b usr=/c mount.usr=/a usrhash=ab', '/a\nunset\nab'],
    ['the second before the third', 'old.usr=/c usr=/b usrhash=ab', '/b\nunset\nab'],
    ['the first in quotes', 'usr=/b "mount.usr=LABEL=a b" usrhash=ab', 'LABEL=a b\nunset\nab'],
    ['the dot is a dot', 'mountXusr=/c usr=/b usrhash=ab', '/b\nunset\nab'],
    ['the first with the verity device', 'usr=/b mount.usr=/dev/mapper/usr usrhash=ab', 'unset\nunset\nab'],
    ['the first without a value', 'usr=/b mount.usr usrhash=ab', '/b\nunset\nab'],
    ['hashes of two names', 'usrhash=bb verity.usrhash=aa', 'unset\nunset\naa'],
    [
      'an empty hash before another one',
      'verity.usrhash= usrhash=bb',
      'stop:verity.usrhash= or usrhash= is missing, empty or not hexadecimal',
    ],
    ['options by the second', 'usrhash=ab usrflags=noatime', 'unset\nnoatime\nab'],
    ['a refused option by the second', 'usrhash=ab usrflags=r?', 'stop:usrflags= may not set the option r?'],
    [
      'another file system by the second',
      'usrfstype=xfs',
      'stop:usrfstype=xfs, but this initrd has erofs only',
    ],
    [
      'another file system that does not count',
      'usrhash=ab usrfstype=xfs mount.usrfstype=erofs',
      'unset\nunset\nab',
    ],
  ])('of several names: %s', (_name, commandLine, result) => {
    expect(expected(commandLine, several)).toBe(result);
    expect(read(commandLine, several)).toBe(result);
  });

  test.each([
    ['not given', '', '90'],
    ['less', 'rd.timeout=20', '20'],
    ['more, within bounds', 'rd.timeout=300', '300'],
    ['more than the bound', 'rd.timeout=301', '300'],
    ['more than a shell can count', `rd.timeout=${'9'.repeat(30)}`, '300'],
    ['with zeros in front', 'rd.timeout=0080', '80'],
    ['octal to nobody', 'rd.timeout=010', '10'],
    ['0', 'rd.timeout=0', '90'],
    ['empty', 'rd.timeout=', '90'],
    ['negative', 'rd.timeout=-5', '90'],
    ['with a unit', 'rd.timeout=5min', '90'],
    ['a command', 'rd.timeout=$(reboot)', '90'],
    ['the last one', 'rd.timeout=5 rd.timeout=6', '6'],
  ])('a time limit: %s', (_name, commandLine, seconds) => {
    writeFileSync(script, commandLineStep(usual, ['device_timeout']));
    writeFileSync(input, `usrhash=ab ${commandLine}\n`);
    expect(runProgram([...shell, script, input])).toMatchObject({ status: 0, stdout: seconds, stderr: '' });
  });

  test.each([
    ['one name', usual],
    ['several names', several],
  ])('any command line means what it means to the kernel, %s', (_name, names) => {
    const name = fc.constantFrom(...Object.values(names).flat(), 'quiet', 'x.y');
    const option = fc.constantFrom('ro', 'rw', 'noatime', 'x-y', 'x-*', 'auto', 'device=a', '', 'r?', '"');
    const value = fc.oneof(
      fc.stringMatching(/^[ab"=*$(){}'\\ \t]{0,12}$/),
      fc.array(option, { maxLength: 4 }).map((options) => options.join(',')),
    );
    const parameter = fc.oneof(
      fc.tuple(name, value).map(([key, text]) => `${key}=${text}`),
      fc.tuple(name, value).map(([key, text]) => `"${key}=${text}"`),
      value,
    );
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 6 }), (parameters) => {
        const commandLine = parameters.join(' ');
        expect(read(commandLine, names)).toBe(expected(commandLine, names));
      }),
      { numRuns: 150 },
    );
  });
});
