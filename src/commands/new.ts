/** `bootrelay new`: asks a few questions and writes a platform file; on a terminal, else --set answers. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { FileReader } from '../config/file-reader.ts';
import { splitOverride } from '../config/layers.ts';
import { loadPlatform } from '../config/load.ts';
import { findSetting, findSettingNamed, type SettingName, type SettingRow } from '../config/settings.ts';
import type { PlatformConfig } from '../config/validate.ts';
import { shownChoices } from '../config/value-types/value-type.ts';
import { type Answers, formatPlatformFile } from '../config/write-platform.ts';
import { UsageError } from '../errors.ts';
import { hasErrors } from '../findings.ts';
import { createFileReader } from '../host/files.ts';
import { configurationFailed } from '../host/platforms.ts';
import type { CommandResult } from '../host/result.ts';
import { didYouMean } from '../text/suggestions.ts';

export interface NewArguments {
  readonly file: string;
  /** Answers that are given already: Section.Key=value. */
  readonly set: readonly string[];
}

interface Question {
  readonly setting: SettingName;
  readonly words: string;
  /** The answer that Enter gives; empty where it gives none. */
  readonly usual: string | ((answers: Answers) => string);
  /** True where several answers may be given, separated by spaces. */
  readonly several?: true;
  readonly onlyIf?: (answers: Answers) => boolean;
}

const isLoad = (load: string) => (answers: Answers) => answers.get('Modules.Load')?.[0] === load;

/** systemd and its libraries take 8 to 9 MB. */
const usualBudget = (answers: Answers) => (answers.get('Initrd.Init')?.[0] === 'systemd' ? '12M' : '4M');

function usualOf({ usual }: Question, answers: Answers): string {
  return typeof usual === 'string' ? usual : usual(answers);
}

const questions: readonly Question[] = [
  { setting: 'Platform.Description', words: 'What machine is it, in a sentence?', usual: '' },
  { setting: 'Platform.Architecture', words: 'Its processor architecture?', usual: 'x86-64' },
  { setting: 'Initrd.Init', words: 'Stage 1 as a shell script, or as systemd?', usual: 'shell' },
  { setting: 'Modules.Load', words: 'Drivers that you list, or found at boot?', usual: 'listed' },
  {
    setting: 'Modules.Modules',
    words: 'Which modules drive its disk?',
    // The bus is built into many kernels, and a module of others: it may be missing.
    usual: '-virtio_pci virtio_blk',
    several: true,
    onlyIf: isLoad('listed'),
  },
  {
    setting: 'Modules.ModuleDirectories',
    words: "Drivers from which directories of the kernel's tree?",
    usual: 'drivers/ata drivers/nvme/host drivers/scsi/sd_mod drivers/block/virtio_blk',
    several: true,
    onlyIf: isLoad('coldplug'),
  },
  {
    setting: 'Usr.Device',
    words: 'The partition with /usr?',
    usual: 'PARTLABEL=USR-A',
    onlyIf: (answers) => !answers.has('Verity.DataDevice'),
  },
  { setting: 'Usr.FileSystem', words: 'Its file system?', usual: 'erofs' },
  {
    setting: 'FullInitrd.Source',
    words: 'The full initrd: a whole image, a thin one, or /usr itself?',
    usual: 'thin',
  },
  { setting: 'Emergency.Action', words: 'What shall a machine do that cannot boot?', usual: 'reboot' },
  { setting: 'Initrd.SizeBudget', words: 'Largest size of the minimal initrd?', usual: usualBudget },
];

/** Exit code 2 where the file exists, or would have errors; nothing is written then. */
export async function createPlatform({ file, set }: NewArguments): Promise<CommandResult> {
  if (!file.endsWith('.ini')) throw new UsageError(`a platform file is named NAME.ini, not ${file}`);
  if (existsSync(file)) throw new UsageError(`${file} is there already: it is not overwritten`);
  const given = readAnswers(set);
  const answers = process.stdin.isTTY ? await ask(given) : takeUsual(given);
  const text = formatPlatformFile(basename(file, '.ini'), answers);
  const disk = createFileReader();
  const reader: FileReader = {
    read: (path) => (path === file ? new TextEncoder().encode(text) : disk.read(path)),
    list: disk.list,
  };
  const { config, findings } = loadPlatform(file, [], reader);
  if (hasErrors(findings)) return configurationFailed('new', findings);
  writeFileSync(file, text, { flag: 'wx' });
  const next = `${file} is written. Next: bootrelay check ${file}, bootrelay explain ${file}\n${config ? aboutRootHash(config) : ''}`;
  return { exitCode: 0, text: next, json: { command: 'new', file, text }, findings };
}

/** What an image build must do for stage 1 to know which /usr it may boot. */
function aboutRootHash({ settings: { Verity, KernelCommandLine } }: PlatformConfig): string {
  if (!Verity.Verity || Verity.RootHash !== 'command-line') return '';
  const [parameter] = KernelCommandLine.RootHash;
  return `${parameter}=HASH must be on the kernel command line, with the root hash that veritysetup format prints for /usr: \`bootrelay uki --usr FILE\` puts it there, to be signed with the kernel. Or build it in: Verity.RootHash=HASH.\n`;
}

function readAnswers(set: readonly string[]): Map<SettingName, readonly string[]> {
  const answers = new Map<SettingName, readonly string[]>();
  for (const override of set) {
    const parts = splitOverride(override);
    const row = parts && findSetting(parts.section, parts.key);
    if (!row)
      throw new UsageError(`--set takes Section.Key=value with a setting that there is, not ${override}`);
    const question = questions.find(({ setting }) => setting === row.name);
    const values = question ? valuesOf(question, parts.value) : [parts.value];
    answers.set(row.name, [...(answers.get(row.name) ?? []), ...values]);
  }
  return answers;
}

function takeUsual(given: Answers): Answers {
  const answers = new Map(given);
  for (const question of wanted(answers))
    answers.set(question.setting, valuesOf(question, usualOf(question, answers)));
  return answers;
}

/** The questions that are still to be asked, each once the ones before are answered. */
function* wanted(answers: ReadonlyMap<SettingName, readonly string[]>): Generator<Question> {
  for (const question of questions)
    if (!answers.has(question.setting) && question.onlyIf?.(answers) !== false) yield question;
}

function valuesOf({ several }: Question, answer: string): readonly string[] {
  const values = several ? answer.split(/\s+/) : [answer.trim()];
  return values.filter(Boolean);
}

async function ask(given: Answers): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answers = new Map(given);
  terminal.on('SIGINT', () => process.exit(130));
  try {
    for (const question of wanted(answers)) {
      let values: readonly string[] | undefined;
      const usual = usualOf(question, answers);
      while (!values)
        values = readOne(question, usual, await terminal.question(prompt(question, usual)), process.stderr);
      answers.set(question.setting, values);
    }
  } catch (error) {
    // Ctrl-D ends the answers.
    if (error instanceof Error && error.name === 'AbortError')
      throw new UsageError('not all questions are answered: nothing is written');
    throw error;
  } finally {
    terminal.close();
  }
  return answers;
}

function prompt({ setting, words }: Question, usual: string): string {
  return `${words}${shownChoices(rowOf(setting).setting.type)}${usual ? ` [${usual}]` : ''} `;
}

/** The values of an answer; undefined, with what is required said, where it is none. */
function readOne(question: Question, usual: string, answer: string, output: NodeJS.WritableStream) {
  const values = valuesOf(question, answer.trim() === '' ? usual : answer);
  const { type } = rowOf(question.setting).setting;
  for (const value of values) {
    const parsed = type.parse(value);
    if ('value' in parsed) continue;
    const hint = parsed.hint ?? didYouMean(value, type.choices ?? []);
    output.write(`  "${value}" must be ${parsed.required}${hint ? `; ${hint}` : ''}\n`);
    return undefined;
  }
  return values;
}

function rowOf(setting: SettingName): SettingRow {
  return findSettingNamed(setting) as SettingRow;
}
