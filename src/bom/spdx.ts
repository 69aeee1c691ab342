/** A bill as SPDX 2.3 JSON: the image is a package that contains files, and these are generated from packages. The same bill has the same bytes. */
import { createHash } from 'node:crypto';
import type { Package } from '../sysroot/packages/package.ts';
import { type Bill, type BillFile, packagesOfBill, packageUrl, uuidOfBill } from './bill.ts';
import { spdxExpression } from './license.ts';

const image = 'SPDXRef-image';
const unknown = 'NOASSERTION';

/** The document. A bill has no time of its own: SPDX demands one, and the epoch says so. */
export function spdx(bill: Bill): object {
  const packages = [...packagesOfBill(bill)].map(([url, item], index) => ({
    url,
    item,
    id: `SPDXRef-package-${index}`,
  }));
  const ids = new Map(packages.map(({ url, id }) => [url, id]));
  const files = bill.files.map((file, index) => ({ file, id: `SPDXRef-file-${index}` }));
  const madeFrom = files.flatMap(({ file, id }) =>
    (file.packages ?? []).map((owner) =>
      relation(id, 'GENERATED_FROM', ids.get(packageUrl(owner, bill.distribution)) ?? unknown),
    ),
  );
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: bill.name,
    documentNamespace: `urn:uuid:${uuidOfBill(bill)}`,
    creationInfo: {
      created: '1970-01-01T00:00:00Z',
      creators: [`Tool: ${bill.tool.name}-${bill.tool.version}`],
    },
    packages: [imagePackage(bill), ...packages.map(({ url, item, id }) => ofPackage(url, item, id))],
    files: files.map(({ file, id }) => ofFile(file, id)),
    relationships: [
      relation('SPDXRef-DOCUMENT', 'DESCRIBES', image),
      ...files.map(({ id }) => relation(image, 'CONTAINS', id)),
      ...madeFrom,
    ],
  };
}

function imagePackage({ name, version, sha256, files }: Bill): object {
  return {
    name,
    SPDXID: image,
    ...(version !== undefined && { versionInfo: version }),
    packageFileName: name,
    downloadLocation: unknown,
    filesAnalyzed: true,
    packageVerificationCode: { packageVerificationCodeValue: verificationCode(files) },
    checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }],
    licenseConcluded: unknown,
    licenseDeclared: unknown,
    copyrightText: unknown,
    primaryPackagePurpose: 'ARCHIVE',
  };
}

/** SPDX 2.3, 7.9: the SHA-1 of the sorted SHA-1 sums of all files. */
function verificationCode(files: readonly BillFile[]): string {
  const sums = files.map(({ sha1 }) => sha1).sort();
  return createHash('sha1').update(sums.join('')).digest('hex');
}

function ofPackage(url: string, { name, version, license, source }: Package, id: string): object {
  const expression = spdxExpression(license);
  return {
    name,
    SPDXID: id,
    versionInfo: version,
    downloadLocation: unknown,
    filesAnalyzed: false,
    licenseConcluded: unknown,
    licenseDeclared: expression ?? unknown,
    ...(license !== undefined && expression === undefined && { licenseComments: license }),
    ...(source !== undefined && { sourceInfo: `built from the source package ${source}` }),
    copyrightText: unknown,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: url }],
  };
}

function ofFile({ path, sha1, sha256 }: BillFile, id: string): object {
  return {
    fileName: `.${path}`,
    SPDXID: id,
    checksums: [
      { algorithm: 'SHA1', checksumValue: sha1 },
      { algorithm: 'SHA256', checksumValue: sha256 },
    ],
    licenseConcluded: unknown,
    copyrightText: unknown,
  };
}

function relation(from: string, relationshipType: string, to: string): object {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}
