/** Device names of the kernel command line mean in stage 1 what they mean in a setting. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { device, deviceIdentifiers, lookedFor } from '../../src/config/value-types/devices.ts';
import { planBoot } from '../../src/plan/plan.ts';
import { renderMinimal } from '../../src/render/minimal.ts';
import { textAt } from '../../src/render/tree.ts';
import { load } from '../config/platform-files.ts';
import { runProgram, shells } from './shells.ts';

const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));
afterAll(() => rmSync(work, { recursive: true }));

/** The rendered /init of a platform whose kernel command line may name devices in each way. */
function init(findBy: readonly string[]): string {
  const settings = findBy.map((by) => `Devices.FindBy=${by}`);
  const { config, files } = load({ 'p/p.ini': '[Usr]\nDevice=PARTLABEL=USR-A\n' }, 'p/p.ini', settings);
  return config ? (textAt(renderMinimal(config, planBoot(config, files)), 'init') ?? '') : '';
}

function functionOf(name: string, text: string): string {
  const found = new RegExp(`^${name}\\(\\) \\{.*?^\\}$`, 'ms').exec(text)?.[0];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

describe.each(shells)('in %s', (name, shell) => {
  const script = join(work, `${name}.sh`);
  const text = init(deviceIdentifiers);
  const deviceOf = (value: string) => {
    writeFileSync(script, `${functionOf('device_of', text)}\ndevice_of "$1"\nprintf '%s.' "$device"\n`);
    const { stdout, stderr } = runProgram([...shell, '-eu', script, value]);
    expect(stderr).toBe('');
    return stdout.slice(0, -1);
  };
  const reasonOf = (value: string) => {
    const stop = 'stop() { echo "$1"; exit; }; log() { :; }; device_timeout=0';
    writeFileSync(script, `${stop}\n${functionOf('find_device', text)}\nfind_device "$1"\n`);
    return runProgram([...shell, '-u', script, value]).stdout.trim();
  };

  test.each([
    ['PARTLABEL=USR-A', 'PARTLABEL=USR-A'],
    ['PARTLABEL="USR-A"', 'PARTLABEL=USR-A'],
    ["PARTLABEL='USR A'", 'PARTLABEL=USR A'],
    [`PARTLABEL="it's"`, "PARTLABEL=it's"],
    ['PARTLABEL="USR', 'PARTLABEL="USR'],
    ['PARTLABEL=US"R"', 'PARTLABEL=US"R"'],
    ['PARTUUID=5D75BD2D-6C59-4F73-9762-F4025CA97033', 'PARTUUID=5d75bd2d-6c59-4f73-9762-f4025ca97033'],
    ['PARTUUID="ABCDEF01-02"', 'PARTUUID=abcdef01-02'],
    ['UUID=ABCDEF01-2345', 'UUID=abcdef01-2345'],
    ['UUID=12ab-cdef', 'UUID=12AB-CDEF'],
    ['LABEL=ABC', 'LABEL=ABC'],
    ['LABEL=my\\x20usr', 'LABEL=my usr'],
    ['LABEL=my\\040usr', 'LABEL=my usr'],
    ['LABEL=\\xc3\\xbc', 'LABEL=ü'],
    ['LABEL=a\\x5cx20', 'LABEL=a\\x20'],
    ['LABEL=a\\', 'LABEL=a\\'],
    ['LABEL=a\\x2', 'LABEL=a\\x2'],
    ['/dev/disk/by-label/a\\x2fb', 'LABEL=a/b'],
    ['/dev/disk/by-uuid/ABCDEF01-2345', 'UUID=abcdef01-2345'],
    ['/dev/disk/by-partlabel/USR\\x20A', 'PARTLABEL=USR A'],
    ['/dev/disk/by-partuuid/ABCDEF01-02', 'PARTUUID=abcdef01-02'],
    ['/dev/disk/by-id/a=b-part1', '/dev/disk/by-id/a=b-part1'],
    ['/dev/vda1', '/dev/vda1'],
    ['USR-A', 'USR-A'],
    ['', ''],
  ])('%s is looked for as %s', (value, words) => {
    expect(deviceOf(value)).toBe(words);
  });

  test('what a setting takes is what stage 1 looks for', () => {
    const tag = fc.constantFrom(
      ...['LABEL=', 'UUID=', 'PARTLABEL=', 'PARTUUID=', '/dev/', '/dev/disk/by-label/', '/dev/disk/by-uuid/'],
    );
    const part = fc.constantFrom(
      ...[
        'a',
        'B1',
        '-',
        '2345',
        ' ',
        '"',
        "'",
        '\\',
        '\\x20',
        '\\040',
        '\\x5c',
        'x2f',
        '/',
        '=',
        '*',
        '$(a)',
      ],
    );
    fc.assert(
      fc.property(tag, fc.array(part, { minLength: 1, maxLength: 6 }), (first, parts) => {
        const value = first + parts.join('');
        const parsed = device.parse(value);
        fc.pre('value' in parsed);
        expect(deviceOf(value)).toBe(lookedFor(parsed.value));
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    '/dev/disk/by-id/nvme-disk_1-part1',
    '/dev/disk/by-path/pci-0000:00:05.0-part1',
    'PARTLABEL="USR',
    "PARTLABEL='USR",
    'PARTLABEL=',
    'PARTTYPE=',
    'PARTNUM=1',
    'USR-A',
    '',
  ])('%s is refused at once', (value) => {
    expect(reasonOf(value)).toBe('device-name-unsupported');
  });

  test('a partition of that UUID is found without blkid where the kernel tells of it', () => {
    const device = join(work, `${name}-vda1`);
    const uevent = join(work, `${name}-uevent`);
    writeFileSync(device, '');
    writeFileSync(uevent, `DEVNAME=${name}-vda1\nPARTN=1\nPARTUUID=ab-01\n`);
    const find = functionOf('find_device', text)
      .replaceAll('/sys/class/block/*/uevent', uevent)
      .replace('/sys/*)', `${work}/*-uevent)`)
      .replaceAll('/dev/$value', `${work}/$value`);
    const known = `log() { :; }; device_timeout=0; stop() { echo "$1"; exit; }
blkid() { [ "$4" != PARTUUID=cd-01 ] || echo ${device}; [ "$4" != PARTUUID=ab-01 ] || echo "not asked"; }`;
    for (const uuid of ['ab-01', 'cd-01']) {
      writeFileSync(script, `${known}\n${find}\nfind_device PARTUUID=${uuid}\necho "$found"\n`);
      expect(runProgram([...shell, '-u', script])).toEqual({ status: 0, stdout: `${device}\n`, stderr: '' });
    }
  });
});

test('an initrd that looks for no UUID has no tr, and none of the names that it does not know', () => {
  expect(init(['PARTLABEL', 'path'])).not.toMatch(/\btr\b|by-uuid|by-label/);
});
