/**
 * The table of releases: each release of the lab x form of stage 1 x full initrd, booted with `bootrelay boot`; what came
 * of it goes into docs/lab.md. Arguments: names of releases, by default all of them; `--until=multi-user` for the whole
 * boot of some rows of each too, `--resume` for the rows that have not gone well yet. Exit code 1 where a boot did not end as it must.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const lab = process.env.BOOTRELAY_LAB || join(cache, 'bootrelay/lab');
const root = new URL('../..', import.meta.url).pathname;
const resultsFile = (release) => join(lab, 'releases', release, 'results.json');
const page = join(root, 'docs/lab.md');

const releases = ['bookworm', 'trixie', 'sid', 'trixie-arm64'];
const onPc = ['bookworm', 'trixie', 'sid'];
/** What `check` must refuse, with this kind of finding. */
const refusals = { 'bookworm | dracut, thin (overlay)': 'kernel-too-old' };

const thin = (kind) => ['FullInitrd.Source=thin', `FullInitrd.Thin=${kind}`];
/** By mkosi-initrd, which Debian 12 does not have and that of sid not on every machine: unmodified, without bootrelay's module. */
const byMkosi = { initrd: 'mkosi-initrd', releases: ['trixie'] };
/** No generator runs where nothing of the system is run: systemd's packages in a cpio. */
const ofPackages = { initrd: 'packages', releases: ['trixie-arm64'] };
/** Where `whole` is set also until multi-user; of the releases for PCs, or those named; until the hand-over, or as far as is said. */
const ways = [
  { form: 'shell', full: 'dracut, thin (links)', initrd: 'dracut', settings: thin('links'), whole: true },
  { form: 'shell', full: 'dracut, thin (overlay)', initrd: 'dracut', settings: thin('overlay') },
  { form: 'shell', full: 'dracut, whole', initrd: 'dracut', settings: [] },
  {
    form: 'shell',
    full: 'initramfs-tools, whole',
    initrd: 'initramfs-tools',
    settings: ['FullInitrd.Init=/usr/lib/bootrelay/init'],
    until: 'stage-2',
  },
  { form: 'shell', full: 'mkosi-initrd, thin (links)', ...byMkosi, settings: thin('links'), whole: true },
  { form: 'shell', full: 'mkosi-initrd, thin (overlay)', ...byMkosi, settings: thin('overlay') },
  { form: 'shell', full: 'mkosi-initrd, whole', ...byMkosi, settings: [] },
  { form: 'shell', full: '/usr', settings: ['FullInitrd.Source=usr'] },
  { form: 'systemd', full: 'dracut, thin (links)', initrd: 'dracut', settings: thin('links') },
  { form: 'systemd', full: 'dracut, whole', initrd: 'dracut', settings: [] },
  { form: 'systemd', full: 'mkosi-initrd, whole', ...byMkosi, settings: [] },
  { form: 'systemd', full: '/usr', settings: ['FullInitrd.Source=usr'] },
  ...['shell', 'systemd'].flatMap((form) => [
    { form, full: 'packages, thin (links)', ...ofPackages, settings: thin('links'), until: 'stage-2' },
    { form, full: 'packages, whole', ...ofPackages, settings: [], until: 'stage-2' },
  ]),
];

const platformOf = (release, form) =>
  `qemu-${release.endsWith('-arm64') ? 'arm64' : 'x86_64'}${form === 'systemd' ? '-systemd' : ''}`;
const waysOf = (release) => ways.filter(({ releases: of = onPc }) => of.includes(release));
const rowsOf = (release, withWhole) => [
  ...waysOf(release)
    .filter((way) => withWhole && way.whole)
    .map((way) => ({ ...way, release, until: 'multi-user' })),
  ...waysOf(release).map((way) => ({ until: 'hand-over', ...way, release })),
];
const keyOf = ({ release, form, full, until }) => [release, form, full, until].join(' | ');

/** One boot, as a row of the table. */
async function bootRow({ release, form, full, initrd, settings, until }) {
  const directory = join(lab, 'releases', release);
  const sysroot = join(directory, 'sysroot');
  const kernel = readFileSync(join(directory, 'kernel'), 'utf8').trim();
  const output = join(directory, `boot-${form}-${full.replaceAll(/\W+/g, '-')}-${until}`);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const args = [
    ...[
      'dist/cli.js',
      'boot',
      `platforms/${platformOf(release, form)}.ini`,
      '--json',
      `--until=${until}`,
      '--timeout=600',
    ],
    ...['--sysroot', sysroot, '--kernel', kernel, '--output', output],
    ...(initrd ? ['--initrd', join(directory, `${initrd}.img`)] : []),
    ...settings.flatMap((setting) => ['--set', setting]),
  ];
  const said = await run(args);
  writeFileSync(join(output, 'result.json'), said);
  return {
    release,
    form,
    full,
    until,
    kernel,
    ...versionsOf(directory),
    ...readResult(said, output, refusals[`${release} | ${full}`]),
  };
}

async function run(args) {
  const env = { ...process.env, BOOTRELAY_TOOLS_TREE: join(lab, 'tools') };
  const options = { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options).catch(
    (error) => error,
  );
  if (!stdout) throw new Error(`bootrelay said nothing but: ${stderr}`);
  return stdout;
}

/** What `boot --json` said: whether it went well, the seconds from /init to the hand-over and to the end, the sizes. */
function readResult(said, output, refusal) {
  const { milestones = [], verdict, machine, findings = [] } = JSON.parse(said);
  if (!verdict) {
    const errors = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    const ok = refusal !== undefined && findings.some(({ kind }) => kind === refusal);
    return { ok, refused: ok, summary: errors.join('; ') || 'nothing was booted' };
  }
  const at = (name, stage) =>
    milestones.find((milestone) => milestone.name === name && milestone.stage === stage)?.uptime;
  return {
    ok: refusal === undefined && verdict.ok,
    summary: verdict.summary,
    minimal: statSync(join(output, 'initrd.img')).size,
    image: machine?.sizes?.fullInitrd,
    handOver: milestones.find(({ stage }) => stage === 'stage 2')?.uptime - at('init', 'kernel'),
  };
}

/** Versions as dpkg of a release's trees knows them, without the part that is Debian's. */
function versionsOf(directory) {
  const of = (name, tree = 'sysroot') => {
    const status = join(directory, tree, 'var/lib/dpkg/status');
    if (!existsSync(status)) return '';
    const entries = readFileSync(status, 'utf8').split('\n\n');
    const entry = entries.find((text) => text.startsWith(`Package: ${name}\n`)) ?? '';
    return /^Version: (?:\d+:)?([\w.~]+)/m.exec(entry)?.[1]?.replace(/~.*/, '') ?? '';
  };
  return {
    systemd: of('systemd') || unpackedSystemd(directory),
    dracut: of('dracut'),
    initramfsTools: of('initramfs-tools-core'),
    mkosi: of('mkosi', 'mkosi'),
  };
}

/** Where packages were only unpacked, dpkg knows nothing; the name of systemd's library has its version. */
function unpackedSystemd(directory) {
  const names = readdirSync(join(directory, 'sysroot/usr/lib/aarch64-linux-gnu/systemd'));
  return names.map((name) => /^libsystemd-shared-(.*)\.so$/.exec(name)?.[1]).find(Boolean) ?? '';
}

const megabytes = (bytes) => (bytes === undefined ? '' : `${(bytes / 1e6).toFixed(2)} MB`);
const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} s` : '');

function formatTable(results) {
  const head = [
    'release',
    'kernel',
    'systemd',
    'stage 1',
    'full initrd',
    'until',
    'result',
    'minimal initrd',
    'image',
    '/init to hand-over',
  ];
  const rows = results.map((row) => [
    row.release,
    row.kernel.replace(/-cloud-a..64$/, ''),
    row.systemd,
    row.form,
    row.full
      .replace('dracut', `dracut ${row.dracut}`)
      .replace('initramfs-tools', `initramfs-tools ${row.initramfsTools}`)
      .replace('mkosi-initrd', `mkosi-initrd ${row.mkosi}`),
    row.until,
    row.ok && !row.refused
      ? 'ok'
      : row.refused
        ? `refused: ${row.summary}`
        : row.summary.replaceAll('|', '/').split('\n')[0],
    megabytes(row.minimal),
    megabytes(row.image),
    seconds(row.handOver),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function writePage(results) {
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(/^\| release \|.*\n(?:\|.*\n)*/m, () => `${formatTable(results)}\n`),
  );
}

const given = process.argv.slice(2);
const named = given.filter((word) => !word.startsWith('--'));
const whole = given.includes('--until=multi-user');
const planned = (named.length > 0 ? named : releases).flatMap((release) => rowsOf(release, whole));
const results = Object.fromEntries(
  releases
    .filter((release) => existsSync(resultsFile(release)))
    .map((release) => [release, JSON.parse(readFileSync(resultsFile(release), 'utf8'))]),
);
const resultOf = (row) => results[row.release]?.[keyOf(row)];
let failed = 0;
const resumes = given.includes('--resume');
const waiting = planned.filter((row) => !(resumes && resultOf(row)?.ok));
async function work() {
  for (let row = waiting.shift(); row; row = waiting.shift()) {
    const result = await bootRow(row);
    failed += result.ok ? 0 : 1;
    results[row.release] = { ...results[row.release], [keyOf(row)]: result };
    writeFileSync(resultsFile(row.release), JSON.stringify(results[row.release], undefined, 2));
    console.log(`${result.ok ? 'ok ' : 'NOT'} ${keyOf(row)}: ${result.summary}`);
  }
}
await Promise.all([work(), work()]);
writePage(releases.flatMap((release) => rowsOf(release, true)).flatMap((row) => resultOf(row) ?? []));
console.log(`${planned.length - failed} of ${planned.length} as they must be`);
process.exit(failed === 0 ? 0 : 1);
