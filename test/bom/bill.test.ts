/** Bills of materials: CycloneDX by the format's own schema, SPDX by what SPDX 2.3 demands. */
import * as cyclonedx from '@cyclonedx/cyclonedx-library';
import { expect, test } from '@jest/globals';
import { type Bill, packageUrl } from '../../src/bom/bill.ts';
import { formatBill } from '../../src/bom/formats.ts';
import type { Package } from '../../src/sysroot/packages/package.ts';

const [sha1, sha256] = ['a'.repeat(40), 'b'.repeat(64)];
const busybox: Package = {
  type: 'deb',
  name: 'busybox-static',
  version: '1:1.37.0-6+b9',
  architecture: 'amd64',
  source: 'busybox',
  license: 'GPL-2.0-only',
};
const own: Package = { type: 'generic', name: 'bootrelay', version: '1.0.0', license: 'Apache-2.0' };
const odd: Package = { type: 'ebuild', name: 'sys-apps/ä b', version: '1', license: 'GPL-2 || ( MIT )' };

const bill: Bill = {
  name: 'initrd.img',
  version: '6.12',
  sha256,
  tool: own,
  distribution: { id: 'debian', version: '13' },
  files: [
    { path: '/init', size: 1, sha256, sha1, packages: [own] },
    { path: '/usr/bin/busybox', size: 1, sha256, sha1, packages: [busybox] },
    { path: '/both "and" ü', size: 1, sha256, sha1, packages: [busybox, odd] },
    { path: '/nobody', size: 1, sha256, sha1, packages: [] },
  ],
};

const text = (ending: string, of = bill) => formatBill(of).get(ending) ?? '';

test('CycloneDX is valid by its schema, a bill without packages too', async () => {
  const validator = new cyclonedx.Validation.JsonStrictValidator(cyclonedx.Spec.Version.v1dot6);
  const empty = { ...bill, version: undefined, distribution: {}, files: [] };
  for (const one of [bill, empty]) expect(await validator.validate(text('.cdx.json', one))).toBeNull();
  expect(
    await validator.validate(text('.cdx.json').replace('"1.6"', '"1.6", "specversion": 1')),
  ).not.toBeNull();
});

test('CycloneDX: packages have their files, and files that no package owns stand for themselves', () => {
  const { components } = JSON.parse(text('.cdx.json'));
  const shown = components.map(
    ({ name, components: files = [] }: { name: string; components?: { name: string }[] }) => [
      name,
      files.map((file) => file.name),
    ],
  );
  expect(shown).toEqual([
    ['busybox-static', ['/usr/bin/busybox', '/both "and" ü']],
    ['sys-apps/ä b', []],
    ['bootrelay', ['/init']],
    ['/nobody', []],
  ]);
});

test('a bill says where packages are not known: no file then counts as one that nobody owns', async () => {
  const unknown = { ...bill, files: bill.files.map((file) => ({ ...file, packages: undefined })) };
  const validator = new cyclonedx.Validation.JsonStrictValidator(cyclonedx.Spec.Version.v1dot6);
  expect(await validator.validate(text('.cdx.json', unknown))).toBeNull();
  const { metadata } = JSON.parse(text('.cdx.json', unknown));
  expect(metadata.properties).toEqual([{ name: 'bootrelay:packages', value: 'unknown' }]);
  expect(JSON.parse(text('.cdx.json')).metadata.properties).toBeUndefined();
});

test('SPDX: what 2.3 demands of each part, and no relation to what is not there', () => {
  const document = JSON.parse(text('.spdx.json'));
  expect(document).toMatchObject({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'initrd.img',
    documentNamespace: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    creationInfo: { created: expect.stringMatching(/Z$/), creators: ['Tool: bootrelay-1.0.0'] },
  });
  const ids = ['SPDXRef-DOCUMENT', ...[...document.packages, ...document.files].map(({ SPDXID }) => SPDXID)];
  expect(new Set(ids).size).toBe(ids.length);
  for (const { spdxElementId, relatedSpdxElement } of document.relationships)
    for (const id of [spdxElementId, relatedSpdxElement]) expect(ids).toContain(id);
  for (const item of document.packages)
    expect(item).toMatchObject({
      SPDXID: expect.stringMatching(/^SPDXRef-[A-Za-z0-9.-]+$/),
      downloadLocation: 'NOASSERTION',
    });
  for (const file of document.files)
    expect(file).toMatchObject({
      fileName: expect.stringMatching(/^\.\//),
      checksums: [{ algorithm: 'SHA1' }, { algorithm: 'SHA256' }],
    });
  const made = document.relationships.filter(
    (one: { relationshipType: string }) => one.relationshipType === 'GENERATED_FROM',
  );
  expect(made).toHaveLength(4);
});

test('words for a licence that are no SPDX expression stay words', () => {
  const { packages } = JSON.parse(text('.spdx.json'));
  const of = (name: string) => packages.find((item: { name: string }) => item.name === name);
  expect(of('busybox-static')).toMatchObject({ licenseDeclared: 'GPL-2.0-only' });
  expect(of('sys-apps/ä b')).toMatchObject({
    licenseDeclared: 'NOASSERTION',
    licenseComments: 'GPL-2 || ( MIT )',
  });
});

test('the same bill has the same bytes, another one another serial number', () => {
  const other = { ...bill, sha256: 'c'.repeat(64) };
  for (const ending of ['.spdx.json', '.cdx.json']) {
    expect(text(ending)).toBe(text(ending, structuredClone(bill)));
    const number = (of: Bill) => /urn:uuid:[0-9a-f-]+/.exec(text(ending, of))?.[0];
    expect(number(bill)).not.toBe(number(other));
  }
});

test.each([
  [busybox, 'pkg:deb/debian/busybox-static@1:1.37.0-6+b9?arch=amd64&distro=debian-13'],
  [own, 'pkg:generic/bootrelay@1.0.0'],
  [odd, 'pkg:ebuild/sys-apps/%C3%A4%20b@1?distro=debian-13'],
])('%j is %s', (item, url) => {
  expect(packageUrl(item, bill.distribution)).toBe(url);
});
