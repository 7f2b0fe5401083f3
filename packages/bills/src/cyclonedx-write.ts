import type { Bill, BillPackage } from './bill.ts';
import { billOf } from './collected.ts';
import { PROPERTY } from './cyclonedx-properties.ts';
import { packageOfPurl } from './ecosystems.ts';

type Property = { readonly name: string; readonly value: string };

/**
 * The bill as CycloneDX 1.6 in JSON. The same bill gives the same bytes: there is no time and no serial number in it, and
 * the order of packages is its own. What the format has no field for, and what was unread, stands in properties, so that
 * reading gives the same bill again.
 */
export function writeCycloneDx(bill: Bill): string {
  const { packages, unread } = billOf(bill.packages, bill.unread);
  const properties = unread.map(({ what, why }) => ({ name: `${PROPERTY.unread}${what}`, value: why }));
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    ...(properties.length > 0 && { metadata: { properties } }),
    components: packages.map(componentOf),
  };
  return `${JSON.stringify(document)}\n`;
}

function componentOf(item: BillPackage): Record<string, unknown> {
  const properties = propertiesFor(item);
  return {
    type: 'library',
    'bom-ref': referenceOf(item),
    name: item.name,
    ...(item.version !== '' && { version: item.version }),
    ...(item.purl !== '' && { purl: item.purl }),
    ...(properties.length > 0 && { properties }),
    ...(item.places !== undefined && {
      evidence: { occurrences: item.places.map((location) => ({ location })) },
    }),
  };
}

/** Each package stands in a bill once by ecosystem, name, version and source; so these make a reference. */
function referenceOf({ ecosystem, name, version, source }: BillPackage): string {
  const from = source === undefined ? '' : ` from ${source.name}@${source.version}`;
  return `${ecosystem}/${name}@${version}${from}`;
}

function propertiesFor(item: BillPackage): readonly Property[] {
  const told = item.purl === '' ? undefined : packageOfPurl(item.purl);
  const { ecosystem, source } = item;
  const properties: Property[] = [];
  if (ecosystem !== (told?.ecosystem ?? '')) properties.push({ name: PROPERTY.ecosystem, value: ecosystem });
  if (source !== undefined && (source.name !== told?.source?.name || source.version !== told.source.version)) {
    properties.push({ name: PROPERTY.sourceName, value: source.name });
    properties.push({ name: PROPERTY.sourceVersion, value: source.version });
  }
  for (const value of item.platforms ?? []) properties.push({ name: PROPERTY.platform, value });
  return properties;
}
