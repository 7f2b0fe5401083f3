import { type JsonObject, listAt, textAt } from '@cartographer/machinery';
import type { BillPackage } from './bill.ts';
import { sourceOfRpm, withEpoch } from './distributions.ts';

/** The properties of a component by name; of a name that stands there several times all values. */
export type Properties = ReadonlyMap<string, readonly string[]>;

/** What CycloneDX has no field for stands in properties of these names in the bills that we write. */
export const PROPERTY = {
  ecosystem: 'carto:ecosystem',
  sourceName: 'carto:source:name',
  sourceVersion: 'carto:source:version',
  platform: 'carto:platform',
  /** Of the whole bill; what was unread comes after it. */
  unread: 'carto:unread:',
} as const;

/** Reads `properties` of a component or of `metadata`. */
export function propertiesOf(holder: JsonObject): Properties {
  const found = new Map<string, string[]>();
  for (const item of listAt(holder, 'properties')) {
    const [name, value] = [textAt(item, 'name'), textAt(item, 'value')];
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return found;
}

/** The first value of a property; empty where there is none. */
export function propertyOf(properties: Properties, name: string): string {
  return properties.get(name)?.[0] ?? '';
}

/**
 * The source package of a distribution's package by the properties of syft or of trivy; `version` is the package's own,
 * which a source has too where nothing else is said.
 */
export function sourceByProperties(properties: Properties, version: string): BillPackage['source'] {
  const of = (name: string): string => propertyOf(properties, name);
  const rpm = sourceOfRpm(of('syft:metadata:sourceRpm'), epochOf(version));
  if (rpm !== undefined) return rpm;
  const name = of('syft:metadata:source') || of('syft:metadata:originPackage');
  if (name !== '') return { name, version: of('syft:metadata:sourceVersion') || version };
  return sourceByTrivy((key) => of(`aquasecurity:trivy:${key}`), version);
}

function sourceByTrivy(of: (key: string) => string, version: string): BillPackage['source'] {
  const name = of('SrcName');
  if (name === '') return undefined;
  const release = of('SrcRelease');
  const source = `${of('SrcVersion')}${release === '' ? '' : `-${release}`}`;
  return { name, version: source === '' ? version : withEpoch(source, of('SrcEpoch') || undefined) };
}

function epochOf(version: string): string | undefined {
  return /^(\d+):/.exec(version)?.[1];
}

const SYFT_PLACE = /^syft:location:\d+:path$/;

/** The files that a component was found in, by its evidence or by the properties of syft or trivy. */
export function placesOf(component: JsonObject, properties: Properties): readonly string[] {
  const evidence = listAt(component, 'evidence', 'occurrences').map((item) => textAt(item, 'location'));
  const named = [...properties]
    .filter(([name]) => SYFT_PLACE.test(name) || name === 'aquasecurity:trivy:FilePath')
    .flatMap(([, values]) => values);
  return [...evidence, ...named].filter((place) => place !== '');
}
