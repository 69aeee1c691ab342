/** Completion in the shells themselves, and the man page as mandoc reads it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));
beforeAll(() => symlinkSync(cli, join(work, 'bootrelay')));

function run(program: string, args: readonly string[]) {
  const env = { PATH: `${work}:${process.env.PATH}`, HOME: work, TERM: 'dumb', LANG: 'C.UTF-8' };
  const result = spawnSync(program, args, { cwd: work, encoding: 'utf8', env, timeout: 60_000 });
  if (result.error) throw result.error;
  return result;
}

/** What bash offers behind `line`. */
function completeInBash(line: string): readonly string[] {
  const words = line.split(' ');
  const script = `
    source <(bootrelay completion bash)
    COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
    _bootrelay_yargs_completions
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run('bash', ['--norc', '-c', script]).stdout.trim().split('\n');
}

const completeInFish = (line: string) =>
  run('fish', ['--no-config', '-c', `bootrelay completion fish | source; complete -C '${line}'`])
    .stdout.trim()
    .split('\n');

/** zsh completes only in its editor: on a terminal of its own, with Tab typed. */
function completeInZsh(line: string): string {
  writeFileSync(
    join(work, 'zsh-session'),
    `autoload -U compinit; compinit -u; source <(bootrelay completion zsh)
zmodload zsh/zpty
zpty shell zsh --no-rcs --interactive
zpty -w shell 'autoload -U compinit; compinit -u; source <(bootrelay completion zsh); PS1=; echo rea""dy'
while zpty -r shell reply; do [[ $reply = *ready* ]] && break; done
zpty -w -n shell $'${line}\t'
zpty -r shell reply '*report*'
print -r -- $reply
zpty -d shell
`,
  );
  return run('zsh', ['--no-rcs', 'zsh-session']).stdout;
}

test.each([
  ['a command', 'bootrelay re', ['render', 'report']],
  ['an option', 'bootrelay explain --for', ['--format']],
  ['a value', 'bootrelay explain --format m', ['markdown', 'mermaid']],
  ['a fault', 'bootrelay boot --fault root-hash-s', ['root-hash-short']],
  ['a setting', 'bootrelay show --set Usr.D', ['Usr.Device=']],
  ['a topic', 'bootrelay help device-', ['device-missing', 'device-ambiguous']],
  ['a kind of finding', 'bootrelay check --allow d', ['debug-enabled']],
])('bash completes %s', (_, line, words) => {
  expect(completeInBash(line)).toEqual(expect.arrayContaining(words));
});

test.each([
  ['a command with what it does', 'bootrelay rep', /^report\tWrite one HTML file/],
  ['an option with what it is', 'bootrelay explain --for', /^--format\tin words, or as a picture$/],
  ['a value', 'bootrelay explain --format m', /^mermaid$/],
  ['a reason', 'bootrelay reasons device-m', /^device-missing$/],
])('fish completes %s', (_, line, words) => {
  expect(completeInFish(line)).toContainEqual(expect.stringMatching(words));
});

test('zsh completes a command', () => {
  expect(completeInZsh('bootrelay repo')).toContain('bootrelay report');
});

test('the man page has no fault that mandoc knows', () => {
  // Lines are as long as sentences; the date would be that of the build.
  const accepted = /longer than 80 bytes|missing date/;
  writeFileSync(join(work, 'bootrelay.1'), run('bootrelay', ['man']).stdout);
  const { stdout, stderr } = run('mandoc', ['-Tlint', 'bootrelay.1']);
  const faults = `${stdout}${stderr}`.split('\n').filter((line) => line && !accepted.test(line));
  expect(faults).toEqual([]);
  // Bold is a character struck twice.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a backspace
  const shown = run('mandoc', ['-Tascii', 'bootrelay.1']).stdout.replaceAll(/.\u0008/g, '');
  expect(shown).toMatch(/^ {3}bootrelay boot <platform>$/m);
});
