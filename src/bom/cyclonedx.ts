/** A bill as CycloneDX 1.6 JSON: packages are components, with their files in them. No time in it: the same bill has the same bytes. */
import type { Package } from '../sysroot/packages/package.ts';
import { type Bill, type BillFile, packagesOfBill, packageUrl, uuidOfBill } from './bill.ts';
import { spdxExpression } from './license.ts';

/** Said of a bill where a file without a package may be one whose package is not known. */
export const unknownPackages = { name: 'bootrelay:packages', value: 'unknown' } as const;

function isKnown({ files }: Bill): boolean {
  return files.every(({ packages }) => packages !== undefined);
}

/** The document; a file that was made from several packages is in the first of them. */
export function cycloneDx(bill: Bill): object {
  const packages = [...packagesOfBill(bill)];
  const filesOf = (url: string) =>
    bill.files.filter(({ packages: [owner] = [] }) => owner && packageUrl(owner, bill.distribution) === url);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOfBill(bill)}`,
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: bill.tool.name, version: bill.tool.version }] },
      component: {
        type: 'file',
        'bom-ref': 'image',
        name: bill.name,
        ...(bill.version !== undefined && { version: bill.version }),
        hashes: [{ alg: 'SHA-256', content: bill.sha256 }],
      },
      ...(!isKnown(bill) && { properties: [unknownPackages] }),
    },
    components: [
      ...packages.map(([url, one]) => packageComponent(url, one, filesOf(url))),
      ...bill.files.filter(({ packages: owners = [] }) => owners.length === 0).map(fileComponent),
    ],
    dependencies: [{ ref: 'image', dependsOn: packages.map(([url]) => url) }],
  };
}

function packageComponent(url: string, item: Package, files: readonly BillFile[]): object {
  const { name, version, license } = item;
  return {
    type: 'application',
    'bom-ref': url,
    name,
    version,
    ...(license !== undefined && { licenses: [licenseChoice(license)] }),
    purl: url,
    ...(files.length > 0 && { components: files.map(fileComponent) }),
  };
}

function licenseChoice(license: string): object {
  const expression = spdxExpression(license);
  return expression === undefined ? { license: { name: license } } : { expression };
}

function fileComponent({ path, sha256, sha1 }: BillFile): object {
  const hashes = [
    { alg: 'SHA-1', content: sha1 },
    { alg: 'SHA-256', content: sha256 },
  ];
  return { type: 'file', 'bom-ref': `file:${path}`, name: path, hashes };
}
