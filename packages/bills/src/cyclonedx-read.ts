import { getKey, isList, isObject, type Json, type JsonObject, textAt } from '@cartographer/machinery';
import type { Bill, BillPackage, Unread } from './bill.ts';
import { BillError } from './bill-error.ts';
import { billOf } from './collected.ts';
import {
  PROPERTY,
  type Properties,
  placesOf,
  propertiesOf,
  propertyOf,
  sourceByProperties,
} from './cyclonedx-properties.ts';
import { isOfDistribution } from './distributions.ts';
import { packageOfPurl } from './ecosystems.ts';
import { parsePurl } from './purl.ts';

const VERSIONS = new Set(['1.2', '1.3', '1.4', '1.5', '1.6', '1.7']);

/** Components of these types are what packages stand in or are made with, and no packages unless a package URL says so. */
const NO_PACKAGES = new Set([
  'file',
  'operating-system',
  'container',
  'device',
  'device-driver',
  'firmware',
  'data',
  'machine-learning-model',
  'cryptographic-asset',
]);

type Placed = { readonly component: JsonObject; readonly where: string };

/**
 * The packages of a CycloneDX document. Nested components count, `metadata.component` does not: it is what the bill is
 * about. A component without a package URL is kept with an empty ecosystem, which no advisory covers; one whose package
 * URL cannot be read is kept so too, and named as unread.
 * @throws BillError when the version is another one, or there are too many components.
 */
export function readCycloneDx(document: JsonObject, mostComponents: number): Bill {
  const version = textAt(document, 'specVersion');
  if (!VERSIONS.has(version)) {
    throw new BillError(`is CycloneDX with specVersion "${version}", which is not read: 1.2 to 1.7 are`);
  }
  const unread: Unread[] = [...unreadByProperties(document)];
  const components = [...componentsOf(document, mostComponents, unread)];
  const distro = releaseOf(components);
  const packages = components.flatMap((placed) => packageOf(placed, distro, unread) ?? []);
  return billOf(packages, unread);
}

/** All components in depth, without recursion. What is in the place of one and is none is unread. */
function* componentsOf(document: JsonObject, most: number, unread: Unread[]): Iterable<Placed> {
  const open: { readonly list: Json | undefined; readonly where: string }[] = [
    { list: getKey(document, 'components'), where: 'components' },
  ];
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.list === undefined || next.list === null) continue;
    if (!isList(next.list)) {
      unread.push({ what: next.where, why: 'is not a list' });
      continue;
    }
    for (const [index, component] of next.list.entries()) {
      const where = `${next.where}[${index}]`;
      count += 1;
      if (count > most) throw new BillError(`has more than ${most} components`);
      if (isObject(component)) {
        yield { component, where };
        open.push({ list: getKey(component, 'components'), where: `${where}.components` });
      } else unread.push({ what: where, why: 'is not an object' });
    }
  }
}

/** The release for packages that do not say theirs: of the one operating system of the bill, `debian-12`. */
function releaseOf(components: readonly Placed[]): string {
  const systems = components
    .filter(({ component }) => textAt(component, 'type') === 'operating-system')
    .map(({ component }) => `${textAt(component, 'name')}-${textAt(component, 'version')}`.toLowerCase());
  return new Set(systems).size === 1 ? (systems[0] ?? '') : '';
}

function packageOf({ component, where }: Placed, distro: string, unread: Unread[]): BillPackage | undefined {
  const purl = getKey(component, 'purl') ?? '';
  const properties = propertiesOf(component);
  const named = typeof purl === 'string' ? packageOfPurl(purl, distro) : undefined;
  if (named !== undefined) return withDetails(spelled(component, named), component, properties);
  if (purl !== '') unread.push({ what: `${where}.purl`, why: `${shown(purl)} is not a package URL` });
  else if (NO_PACKAGES.has(textAt(component, 'type'))) return undefined;
  const name = fullName(component, '/');
  if (name === '') {
    if (purl === '') unread.push({ what: where, why: 'has no name and no package URL' });
    return undefined;
  }
  const kept = { name, version: textAt(component, 'version'), purl: '', ecosystem: '' };
  return withDetails(kept, component, properties);
}

function fullName(component: JsonObject, between: string): string {
  const [group, name] = [textAt(component, 'group'), textAt(component, 'name')];
  return group === '' || name === '' ? name : `${group}${between}${name}`;
}

/** Ecosystems in which names are the same in any case; those of PyPI have one sign for `-`, `_` and `.` as well. */
const IN_ANY_CASE = new Set(['PyPI', 'NuGet', 'Packagist']);

/** A name as the bill spells it, where package URLs have the normal form of it, and the version if only it says one. */
function spelled(component: JsonObject, named: BillPackage): BillPackage {
  const normal = (name: string): string =>
    named.ecosystem === 'PyPI' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name.toLowerCase();
  const name = IN_ANY_CASE.has(named.ecosystem) ? fullName(component, '/') : named.name;
  return {
    ...named,
    name: normal(name) === normal(named.name) ? name : named.name,
    version: named.version === '' ? textAt(component, 'version') : named.version,
  };
}

function withDetails(named: BillPackage, component: JsonObject, properties: Properties): BillPackage {
  const places = placesOf(component, properties);
  const platforms = properties.get(PROPERTY.platform) ?? [];
  const source = named.source ?? sourceFor(named, properties);
  return {
    ...named,
    ecosystem: propertyOf(properties, PROPERTY.ecosystem) || named.ecosystem,
    ...(source !== undefined && { source }),
    ...(platforms.length > 0 && { platforms }),
    ...(places.length > 0 && { places }),
  };
}

function sourceFor(named: BillPackage, properties: Properties): BillPackage['source'] {
  const name = propertyOf(properties, PROPERTY.sourceName);
  if (name !== '') return { name, version: propertyOf(properties, PROPERTY.sourceVersion) };
  const purl = parsePurl(named.purl);
  return purl !== undefined && isOfDistribution(purl) ? sourceByProperties(properties, named.version) : undefined;
}

/** What was unread when we wrote the bill. */
function unreadByProperties(document: JsonObject): readonly Unread[] {
  const metadata = getKey(document, 'metadata');
  if (!isObject(metadata)) return [];
  return [...propertiesOf(metadata)]
    .filter(([name]) => name.startsWith(PROPERTY.unread))
    .flatMap(([name, values]) => values.map((why) => ({ what: name.slice(PROPERTY.unread.length), why })));
}

const MOST_SHOWN = 100;

function shown(value: Json): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
