/** Answers -> the text of a platform file, with what each setting is for. */
import { type SettingName, settingRows } from './settings.ts';
import { shownChoices } from './value-types/value-type.ts';

/** Values by setting; several for a list. */
export type Answers = ReadonlyMap<SettingName, readonly string[]>;

/** The file, in the order of the table of settings. `name` is that of the platform. */
export function formatPlatformFile(name: string, answers: Answers): string {
  const rows = settingRows.filter((row) => (answers.get(row.name) ?? []).length > 0);
  const sections = [...new Set(rows.map(({ section }) => section))];
  return [
    `# The platform ${name}. docs/settings.md has every setting; \`bootrelay show FILE --origin\` says what they are.`,
    ...sections.flatMap((section) => [
      '',
      `[${section}]`,
      ...rows.filter((row) => row.section === section).flatMap(lines),
    ]),
    '',
  ].join('\n');

  function lines({
    name: setting,
    key,
    setting: { help, type },
  }: (typeof settingRows)[number]): readonly string[] {
    const values = answers.get(setting) ?? [];
    return [
      `# ${firstSentence(help)}${shownChoices(type)}`,
      ...values.map((value) => `${key}=${quoteIni(value)}`),
    ];
  }
}

function firstSentence(help: string): string {
  return /^.*?[.:](?= |$)/.exec(help)?.[0].replace(/:$/, '.') ?? help;
}

/** A value as an INI file has it: the ini package would cut it at a comment's sign. */
export function quoteIni(value: string): string {
  return /[;#"'\\]|^\s|\s$/.test(value) ? JSON.stringify(value) : value;
}
