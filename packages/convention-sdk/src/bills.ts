import { Buffer } from 'node:buffer';
import type { Bom, ImageFacts } from './wire.ts';

/** A component of a bill of material, as far as conventions ask. */
export interface Component {
  readonly name: string;
  /** `org.springframework.boot`, `@scope`; left out where there is none. */
  readonly group?: string;
  readonly version?: string;
  /** The package's URL: `pkg:npm/express@4.18.2`. */
  readonly purl?: string;
  /** `library`, `application`, `framework` and others. */
  readonly type?: string;
}

/** A bill of material in CycloneDX's JSON. */
export interface CycloneDx {
  /** All components, those within others too, in the order of the bill. */
  readonly components: readonly Component[];
}

/** Bills nest components in components; deeper than this is none that a tool makes. */
const MAX_DEPTH = 64;

/** Reads a bill; undefined where it is of another format (SPDX, Syft, XML) or no bill at all: bills are hints. */
export function parseCycloneDx(bom: Pick<Bom, 'raw'>): CycloneDx | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bom.raw, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value['bomFormat'] !== 'CycloneDX') return undefined;
  const components: Component[] = [];
  collect(value['components'], components, 0);
  return { components };
}

/** All components of an image by its bills in CycloneDX; empty where it has none. */
export function componentsOf(image: ImageFacts | undefined): readonly Component[] {
  return (image?.boms ?? []).flatMap((bom) => parseCycloneDx(bom)?.components ?? []);
}

/**
 * The first component of this name in a bill, or in the bills of an image: `spring-boot`, with its group before it where one
 * name is not enough: `org.springframework.boot/spring-boot`.
 */
export function findComponent(of: CycloneDx | ImageFacts | undefined, name: string): Component | undefined {
  const components = of !== undefined && 'components' in of ? of.components : componentsOf(of);
  return components.find(
    (one) => one.name === name || (one.group !== undefined && `${one.group}/${one.name}` === name),
  );
}

/** A bill with these components, as an image of a test may have it. */
export function cycloneDxBom(name: string, components: readonly Component[]): Bom {
  const bill = { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: components.map(withType) };
  return { name, raw: Buffer.from(JSON.stringify(bill)).toString('base64') };
}

function withType(component: Component): Component {
  return { type: 'library', ...component };
}

function collect(list: unknown, into: Component[], depth: number): void {
  if (!Array.isArray(list) || depth === MAX_DEPTH) return;
  for (const item of list as readonly unknown[]) {
    if (!isRecord(item) || typeof item['name'] !== 'string') continue;
    const { name } = item;
    into.push({ name, ...texts(item) });
    collect(item['components'], into, depth + 1);
  }
}

function texts(item: Readonly<Record<string, unknown>>): Partial<Component> {
  return Object.fromEntries(
    ['group', 'version', 'purl', 'type'].flatMap((key) => {
      const text = item[key];
      return typeof text === 'string' && text !== '' ? [[key, text]] : [];
    }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
