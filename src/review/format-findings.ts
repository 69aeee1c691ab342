/** Findings for the tools that show them beside a change. */
import { pathToFileURL } from 'node:url';
import { commandLineOrigin } from '../config/layers.ts';
import { type Finding, findingKinds, type Severity } from '../findings.ts';

/** SARIF 2.1.0 (OASIS): one run with its rules and results. `version` is bootrelay's. */
export function formatSarif(findings: readonly Finding[], version: string): string {
  const rules = [...new Set(findings.map(({ kind }) => kind))].map((kind) => ({
    id: kind,
    shortDescription: { text: findingKinds[kind].title },
  }));
  const run = { tool: { driver: { name: 'bootrelay', version, rules } }, results: findings.map(sarifResult) };
  return `${JSON.stringify({ version: '2.1.0', runs: [run] }, undefined, 2)}\n`;
}

function sarifResult({ kind, severity, file, line, ...words }: Finding): object {
  const physicalLocation = {
    artifactLocation: { uri: uriOf(file ?? '') },
    ...(line !== undefined && { region: { startLine: line } }),
  };
  return {
    ruleId: kind,
    level: severity,
    message: { text: sentenceOf(words) },
    ...(isInFile(file) && { locations: [{ physicalLocation }] }),
  };
}

/** False for a finding about a value from the command line, which is in no file. */
function isInFile(file: string | undefined): file is string {
  return file !== undefined && file !== commandLineOrigin;
}

function uriOf(file: string): string {
  return file.startsWith('/') ? pathToFileURL(file).href : file.split('/').map(encodeURIComponent).join('/');
}

function sentenceOf({ setting, message, hint }: Pick<Finding, 'setting' | 'message' | 'hint'>): string {
  const head = setting === undefined ? message : `${setting}: ${message}`;
  return hint === undefined ? head : `${head} (hint: ${hint})`;
}

const githubCommands: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  note: 'notice',
};

/** Workflow commands of GitHub Actions: an annotation at the line of each finding. */
export function formatGithub(findings: readonly Finding[]): string {
  return findings.map((item) => `${githubCommand(item)}\n`).join('');
}

function githubCommand({ kind, severity, file, line, ...words }: Finding): string {
  const properties = [
    ...(isInFile(file) ? [`file=${escapeProperty(file)}`] : []),
    ...(isInFile(file) && line !== undefined ? [`line=${line}`] : []),
    `title=${escapeProperty(kind)}`,
  ];
  return `::${githubCommands[severity]} ${properties.join(',')}::${escapeData(sentenceOf(words))}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
