import { getKey, isList, isObject, type Json, type JsonObject, listAt, textAt, textsAt } from '@cartographer/machinery';
import type { Bill, BillPackage, Unread } from './bill.ts';
import { BillError } from './bill-error.ts';
import { billOf } from './collected.ts';
import { packageOfPurl } from './ecosystems.ts';

const VERSIONS = new Set(['SPDX-2.2', 'SPDX-2.3']);

/** What a package without a package URL may be for, and is no package then. */
const NO_PACKAGES = new Set(['CONTAINER', 'OPERATING-SYSTEM', 'FILE']);

/**
 * The packages of an SPDX document, by their external references of type `purl`. A package without one is kept with an
 * empty ecosystem, unless it is what the document describes.
 * @throws BillError when the version is another one, or there are too many packages.
 */
export function readSpdx(document: JsonObject, mostPackages: number): Bill {
  const version = textAt(document, 'spdxVersion');
  if (!VERSIONS.has(version)) throw new BillError(`is "${version}", which is not read: SPDX-2.2 and SPDX-2.3 are`);
  const list = getKey(document, 'packages') ?? [];
  if (!isList(list)) throw new BillError('has packages that are not a list');
  if (list.length > mostPackages) throw new BillError(`has more than ${mostPackages} packages`);
  const described = describedBy(document);
  const unread: Unread[] = [];
  const packages = list.flatMap((item, index) => packagesOf(item, `packages[${index}]`, described, unread));
  return billOf(packages, unread);
}

function packagesOf(
  item: Json,
  where: string,
  described: ReadonlySet<string>,
  unread: Unread[],
): readonly BillPackage[] {
  if (!isObject(item)) {
    unread.push({ what: where, why: 'is not an object' });
    return [];
  }
  const [name, version] = [textAt(item, 'name'), textAt(item, 'versionInfo')];
  const locators = listAt(item, 'externalRefs')
    .filter((reference) => /(?:^|\/)purl$/.test(textAt(reference, 'referenceType')))
    .map((reference) => textAt(reference, 'referenceLocator'));
  const named = locators.flatMap((locator) => {
    const found = packageOfPurl(locator);
    if (found === undefined) {
      unread.push({ what: where, why: `${JSON.stringify(locator.slice(0, 100))} is not a package URL` });
      return [];
    }
    return [found.version === '' ? { ...found, version } : found];
  });
  if (named.length > 0 || isNoPackage(item, described)) return named;
  if (name === '') unread.push({ what: where, why: 'has no name and no package URL' });
  return name === '' ? [] : [{ name, version, purl: '', ecosystem: '' }];
}

function isNoPackage(item: JsonObject, described: ReadonlySet<string>): boolean {
  return described.has(textAt(item, 'SPDXID')) || NO_PACKAGES.has(textAt(item, 'primaryPackagePurpose'));
}

/** What the document is about. Some tools list all their packages as described: then none is left out for it. */
function describedBy(document: JsonObject): ReadonlySet<string> {
  const related = listAt(document, 'relationships');
  const described = related
    .filter((relation) => textAt(relation, 'relationshipType') === 'DESCRIBES')
    .map((relation) => textAt(relation, 'relatedSpdxElement'));
  const describing = related
    .filter((relation) => textAt(relation, 'relationshipType') === 'DESCRIBED_BY')
    .map((relation) => textAt(relation, 'spdxElementId'));
  const all = new Set([...described, ...describing, ...textsAt(document, 'documentDescribes')]);
  return all.size === 1 ? all : new Set();
}
