import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { settingRows } from '../../src/config/settings.ts';
import { defaultValue } from '../../src/config/validate.ts';
import { formatFinding } from '../../src/findings.ts';
import { configure, load } from './platform-files.ts';

const device = '[Usr]\nDevice=PARTLABEL=USR-A\n';
const hash = 'ab'.repeat(32);

function messages(source: string): readonly string[] {
  return load({ 'p/test.ini': source })
    .findings.filter(({ severity }) => severity !== 'note')
    .map(formatFinding);
}

/** What is wrong, the file, and what is said of it. */
const bad: readonly (readonly [string, string, string])[] = [
  [
    'unknown section',
    `${device}[Vertiy]\nVerity=no\n`,
    'p/test.ini:3: error: there is no section [Vertiy]\n    hint: did you mean [Verity]?',
  ],
  [
    'unknown key',
    '[Usr]\nDevise=x\nDevice=/dev/vda\n',
    'p/test.ini:2: error: Usr.Devise: [Usr] has no setting Devise\n    hint: did you mean Device=?',
  ],
  [
    'key of another section',
    `${device}Timeout=3s\n`,
    'p/test.ini:3: error: Usr.Timeout: [Usr] has no setting Timeout\n    hint: Timeout= belongs to [Devices]',
  ],
  [
    'wrong type',
    `${device}[Devices]\nTimeout=soon\n`,
    'p/test.ini:4: error: Devices.Timeout: "soon" must be a time span such as 90s, 1min 30s or 500ms; a plain number means seconds',
  ],
  [
    'wrong enum value',
    `${device}[Verity]\nOnCorruption=panick\n`,
    'p/test.ini:4: error: Verity.OnCorruption: "panick" must be one of panic, restart, error\n    hint: did you mean panic?',
  ],
  [
    'hash of the wrong length',
    `${device}[Verity]\nRootHash=abcd\n`,
    'p/test.ini:4: error: Verity.RootHash: "abcd" must be command-line, signature, image, or a root hash in hexadecimal: 64 digits (sha256) or 128 (sha512)\n    hint: this one has 4 digits',
  ],
  [
    'hash of the wrong alphabet',
    `${device}[Verity]\nRootHash=${'xy'.repeat(32)}\n`,
    `p/test.ini:4: error: Verity.RootHash: "${'xy'.repeat(32)}" must be command-line, signature, image, or a root hash in hexadecimal: 64 digits (sha256) or 128 (sha512)`,
  ],
  [
    'offset inside a block',
    `${device}[Verity]\nHashOffset=5000\n`,
    'p/test.ini:4: error: Verity.HashOffset: "5000" must be a multiple of the block size, 4096\n    hint: the next block starts at 8192',
  ],
  [
    'no device',
    '[Devices]\nTimeout=1s\n',
    'error: Usr.Device: Usr.Device is required: the partition that holds /usr\n    hint: [Usr] Device=PARTLABEL=USR-A',
  ],
  [
    'two data devices',
    `${device}[Verity]\nDataDevice=PARTLABEL=X\n`,
    'p/test.ini:4: error: Verity.DataDevice: Usr.Device (PARTLABEL=USR-A) must be /dev/mapper/usr or unset when Verity.DataDevice is set',
  ],
  [
    'built-in hash without verity',
    `${device}[Verity]\nVerity=no\nRootHash=${hash}\n`,
    'p/test.ini:5: error: Verity.RootHash: a built-in root hash needs Verity=required',
  ],
  [
    'hash tree over the data',
    `${device}[Verity]\nHashOffset=0\n`,
    'p/test.ini:4: error: Verity.HashOffset: a hash tree at offset 0 needs a HashDevice of its own: the file system starts there\n    hint: HashOffset=auto',
  ],
  [
    'one parameter for two settings',
    `${device}[KernelCommandLine]\nRootHash=mount.usr\n`,
    'p/test.ini:4: error: KernelCommandLine.RootHash: "mount.usr" must stand for one setting only',
  ],
  [
    'level of another compression',
    `${device}[Initrd]\nCompression=gzip\nCompressionLevel=19\n`,
    'p/test.ini:5: error: Initrd.CompressionLevel: CompressionLevel must be at most 9 with Compression=gzip',
  ],
  [
    'a reaction that the tool does not know',
    `${device}[Verity]\nTool=veritysetup\nOnError=panic\n`,
    'p/test.ini:5: error: Verity.OnError: OnError=panic needs Verity.Tool=dm-create or dmsetup: veritysetup has no such option\n    hint: Tool=dmsetup',
  ],
  [
    'a tool of the other form',
    `${device}[Verity]\nTool=systemd-veritysetup\n`,
    'p/test.ini:4: error: Verity.Tool: systemd-veritysetup needs Initrd.Init=systemd\n    hint: Tool=auto',
  ],
  [
    'setting without effect',
    `${device}[FullInitrd]\nWritable=no\nTmpfsSize=1M\nCarryOver=\n`,
    'p/test.ini:5: warning: FullInitrd.TmpfsSize: has no effect with FullInitrd.Writable=no',
  ],
  [
    'an image where there is none',
    `${device}[FullInitrd]\nSource=usr\nImage=/usr/x.img\n`,
    'p/test.ini:5: warning: FullInitrd.Image: has no effect with FullInitrd.Source=usr',
  ],
  [
    'masks where the full initrd is an image',
    `${device}[FullInitrd]\nMask=a.service\n`,
    'p/test.ini:4: warning: FullInitrd.Mask: has no effect with FullInitrd.Source=image',
  ],
  [
    'a unit that is not masked',
    `${device}[FullInitrd]\nSource=usr\nUnmask=ldconfg.service\n`,
    'p/test.ini:5: warning: FullInitrd.Unmask: bootrelay neither masks nor changes ldconfg.service by itself\n    hint: did you mean ldconfig.service?',
  ],
  [
    'a file that the full initrd has of its own',
    `${device}[FullInitrd]\nSource=usr\nExtraFiles=/etc/passwd\n`,
    'p/test.ini:5: error: FullInitrd.ExtraFiles: /etc/passwd must not be copied: the full initrd has its own',
  ],
  [
    'a drop-in for the check of /usr among the extra files',
    `${device}[FullInitrd]\nSource=usr\nExtraFiles=/etc/systemd/system/bootrelay-check-usr.service.d\n`,
    'p/test.ini:5: error: FullInitrd.ExtraFiles: /etc/systemd/system/bootrelay-check-usr.service.d must not be copied: the full initrd has its own',
  ],
  [
    'a mask on the check of /usr',
    `${device}[FullInitrd]\nSource=usr\nMask=bootrelay-check-usr.service\n`,
    'p/test.ini:5: error: FullInitrd.Mask: bootrelay-check-usr.service must stay as bootrelay renders it: the check of /usr depends on it',
  ],
  [
    'another start for the check of /usr',
    `${device}[FullInitrd]\nSource=usr\nDropIns=bootrelay-check-usr.service Service.ExecStart=/usr/bin/true\n`,
    'p/test.ini:5: error: FullInitrd.DropIns: bootrelay-check-usr.service must stay as bootrelay renders it: the check of /usr depends on it',
  ],
  [
    'a setting for a masked unit',
    `${device}[FullInitrd]\nSource=usr\nDropIns=ldconfig.service Service.Nice=1\n`,
    'p/test.ini:5: warning: FullInitrd.DropIns: ldconfig.service is masked\n    hint: Unmask=ldconfig.service',
  ],
  [
    'a setting of a unit that is none',
    `${device}[FullInitrd]\nSource=usr\nDropIns=x.service TimeoutSec=5\n`,
    'p/test.ini:5: error: FullInitrd.DropIns: "x.service TimeoutSec=5" must be a unit, a space, and a setting of it such as Service.TimeoutStartSec=5s',
  ],
  [
    'an account without a number',
    `${device}[FullInitrd]\nSource=usr\nGroups=disk\n`,
    'p/test.ini:5: error: FullInitrd.Groups: "disk" must be a name of small letters, digits, _ and -, a colon and a number, such as disk:6',
  ],
  [
    'a shell without the password that it needs',
    `${device}[Emergency]\nShell=password\n`,
    'p/test.ini:4: error: Emergency.Shell: Emergency.PasswordHash or PasswordCredential is required with Shell=password\n    hint: `openssl passwd -6` prints a PasswordHash',
  ],
  [
    'a password where nothing needs it',
    `${device}[Emergency]\nPasswordHash=$6$abcdefgh$${'x'.repeat(86)}\n`,
    'p/test.ini:4: warning: Emergency.PasswordHash: has no effect with Emergency.Shell=never',
  ],
  [
    'a password that is not hashed',
    `${device}[Emergency]\nPasswordHash=secret\n`,
    'p/test.ini:4: error: Emergency.PasswordHash: the value, which is not shown, must be a hash of crypt(5) with SHA-512 ($6$) or SHA-256 ($5$)\n    hint: `openssl passwd -6` asks for a password and prints one',
  ],
  [
    'no time to ask for the shell',
    `${device}[Emergency]\nShell=always\nDelay=500ms\n`,
    'p/test.ini:5: error: Emergency.Delay: Delay must be at least 1s with Shell=always: that is the time to press Enter',
  ],
  [
    'a name for breakpoints that are not there',
    `${device}[KernelCommandLine]\nBreak=stop\n`,
    'p/test.ini:4: warning: KernelCommandLine.Break: has no effect with Emergency.Debug=no',
  ],
  [
    'a signature with a tool that cannot pass it on',
    `${device}[Verity]\nTool=dm-create\nRootHashSignature=/etc/usr.p7s\n`,
    'p/test.ini:5: error: Verity.RootHashSignature: RootHashSignature needs Verity.Tool=veritysetup or systemd-veritysetup, not dm-create\n    hint: Tool=auto',
  ],
  [
    'a signature that is required and not there',
    `${device}[Verity]\nRequireSignature=yes\n`,
    'p/test.ini:4: warning: Verity.RequireSignature: no /usr boots: the kernel refuses a root hash without a signature, and there is none\n    hint: RootHashSignature=/etc/verity.d/usr.p7s',
  ],
  [
    'error correction data where the file system is',
    `${device}[Verity]\nFecDevice=PARTLABEL=USR-A\n`,
    'p/test.ini:4: error: Verity.FecDevice: PARTLABEL=USR-A has other data at its start: FecDevice needs a FecOffset there, or a partition of its own',
  ],
  [
    'error correction data between blocks',
    `${device}[Verity]\nFecDevice=PARTLABEL=FEC\nFecOffset=1000\n`,
    'p/test.ini:5: error: Verity.FecOffset: "1000" must be a multiple of the block size, 4096\n    hint: the next block starts at 4096',
  ],
  [
    'where error correction would be',
    `${device}[Verity]\nFecOffset=4096\n`,
    'p/test.ini:4: warning: Verity.FecOffset: has no effect without Verity.FecDevice',
  ],
  [
    'a name for a verity device that is not made',
    `${device}[Verity]\nVerity=no\nName=data\n`,
    'p/test.ini:5: warning: Verity.Name: has no effect with Verity.Verity=no',
  ],
  [
    'where a root hash comes from without verity',
    `${device}[Verity]\nVerity=no\nRootHash=command-line\n`,
    'p/test.ini:5: warning: Verity.RootHash: has no effect with Verity.Verity=no',
  ],
  [
    'parity of error correction without verity',
    `${device}[Verity]\nVerity=no\nFecDevice=PARTLABEL=FEC\nFecRoots=4\n`,
    'p/test.ini:6: warning: Verity.FecRoots: has no effect with Verity.Verity=no',
  ],
  [
    'a parameter for a device that the platform does not have',
    `${device}[KernelCommandLine]\nHashDevice=hash\n`,
    'p/test.ini:4: warning: KernelCommandLine.HashDevice: has no effect without Verity.HashDevice',
  ],
  [
    'a parameter for the partition where that of its data is read',
    '[Verity]\nDataDevice=PARTLABEL=X\n[KernelCommandLine]\nUsrDevice=usr\n',
    'p/test.ini:4: warning: KernelCommandLine.UsrDevice: has no effect with Verity.DataDevice=PARTLABEL=X',
  ],
  [
    'a read-only full initrd that cannot be given what it has by default',
    `${device}[FullInitrd]\nWritable=no\n`,
    "warning: FullInitrd.CarryOver: has no effect with FullInitrd.Writable=no: systemd-stub's credentials and extensions get lost\n    hint: FullInitrd.Writable=yes, or an empty CarryOver=",
  ],
  [
    'a module with something behind it that is no parameter',
    `${device}[Modules]\nModules=virtio_blk size=1 fast\n`,
    'p/test.ini:4: error: Modules.Modules: "virtio_blk size=1 fast" must be the name of a kernel module without directory and .ko, with a leading "-" where it may be missing or fail, and parameters such as size=64 behind it\n    hint: repeat Modules= for each, without commas',
  ],
  [
    'ignored parameter',
    `${device}[KernelCommandLine]\nOverride=no\nUsrDevice=usr\n`,
    'p/test.ini:5: warning: KernelCommandLine.UsrDevice: has no effect with KernelCommandLine.Override=no',
  ],
];

test.each(bad)('%s', (_, source, message) => {
  expect(messages(source)).toContain(message);
});

test('all findings are reported at once, none is repeated', () => {
  const found = messages('[Usr]\nDevise=x\n[Devices]\nTimeout=soon\n[Verity]\nRootHash=abc\n');
  expect(found).toHaveLength(3);
});

test('a contradiction is not repeated as a setting without effect', () => {
  const found = messages(`${device}[Verity]\nVerity=no\nRootHash=${hash}\n`);
  expect(found.filter((message) => message.includes('Verity.RootHash'))).toHaveLength(1);
});

test('a list that is emptied has nothing to be without effect', () => {
  expect(messages(`${device}[FullInitrd]\nMask=\nGroups=\n`)).toEqual(messages(device));
});

test('a root hash on the command line is remarked on, a built-in one is not', () => {
  const kinds = (source: string) => load({ 'p/test.ini': source }).findings.map(({ kind }) => kind);
  expect(kinds(device)).toEqual(['root-hash-unprotected']);
  expect(kinds(`${device}[Verity]\nRootHash=${hash}\n`)).toEqual([]);
});

test('the platform is named after its file unless it says otherwise', () => {
  expect(configure().name).toBe('test');
  expect(configure('Platform.Name=other').name).toBe('other');
});

test('every default is one that its own parser accepts', () => {
  for (const { setting } of settingRows) expect(() => defaultValue(setting)).not.toThrow();
});

test('any value of any setting is taken or refused with a finding at its line', () => {
  const row = fc.constantFrom(...settingRows.filter(({ name }) => name !== 'Platform.Extends'));
  fc.assert(
    fc.property(row, fc.string({ unit: 'grapheme' }), ({ section, key, name }, value) => {
      const { config, findings } = load({ 'p/test.ini': `[${section}]\n${key}=${JSON.stringify(value)}\n` });
      const own = findings.filter(({ severity, setting }) => severity === 'error' && setting === name);
      expect(config !== undefined || findings.some(({ severity }) => severity === 'error')).toBe(true);
      for (const { line } of own) expect(line === undefined || line === 2).toBe(true);
    }),
    { numRuns: 500 },
  );
});
