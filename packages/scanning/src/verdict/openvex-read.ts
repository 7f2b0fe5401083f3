import type { Read } from '@cartographer/api';
import { parsePurl } from '@cartographer/bills';
import { isObject, type Json, type JsonObject, listAt, messageOf, textAt } from '@cartographer/machinery';
import { SCANNING_API_VERSION } from '../kinds/group.ts';
import { readException } from '../kinds/read.ts';
import type { VulnerabilityExceptionSpec } from '../kinds/vulnerability-exception.ts';
import { timeOf } from './facts.ts';

/** What a document cannot say. */
export type VexOptions = {
  /** When the exceptions end where a statement does not say it, RFC 3339: OpenVEX knows no end. */
  readonly expires: string;
  /** Whether what is said to be affected is let through. */
  readonly accept?: boolean;
};

/** Something that became no exception, and why. */
export type LeftOut = { readonly what: string; readonly why: string };

/** The exceptions of a document, each `spec` one that the API server takes, and what is left out. */
export type VexReading = {
  readonly exceptions: readonly VulnerabilityExceptionSpec[];
  readonly leftOut: readonly LeftOut[];
};

const MOST_CHARACTERS = 10_000_000;
/** Statements times their products times their packages. */
const MOST_EXCEPTIONS = 10_000;

/** Reads an OpenVEX document, of 0.2.0 or of the first form, where products are texts. */
export function readOpenVex(text: string, options: VexOptions): Read<VexReading> {
  if (text.length > MOST_CHARACTERS) return wrong(`is longer than ${MOST_CHARACTERS} characters`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return wrong(`is no JSON: ${messageOf(error)}`);
  }
  const context = textAt(document, '@context');
  if (!isObject(document) || !/^https:\/\/openvex\.dev\/ns(\/|$)/.test(context)) {
    return wrong('is no OpenVEX document: `@context` must be https://openvex.dev/ns/v0.2.0');
  }
  const statements = listAt(document, 'statements').map((statement, i) => ({ statement, what: `statements[${i}]` }));
  const inTime = statements.toSorted((left, right) => timeIn(left.statement) - timeIn(right.statement));
  const exceptions = new Map<string, VulnerabilityExceptionSpec>();
  const leftOut: LeftOut[] = [];
  for (const { statement, what } of inTime) {
    for (const spec of specsOf(statement, options)) {
      if (exceptions.size + leftOut.length >= MOST_EXCEPTIONS) return wrong(`says more than ${MOST_EXCEPTIONS} things`);
      const why = typeof spec === 'string' ? spec : errorOf(spec);
      if (typeof spec === 'string' || why !== undefined) leftOut.push({ what, why: why ?? '' });
      // A later statement about the same replaces an earlier one.
      else exceptions.set(JSON.stringify([spec.vulnerability, spec.package, spec.images, spec.digests]), spec);
    }
  }
  return { kind: 'read', value: { exceptions: [...exceptions.values()], leftOut } };
}

const wrong = (error: string): Read<never> => ({ kind: 'wrong', errors: [error] });

function timeIn(statement: Json): number {
  return timeOf(textAt(statement, 'last_updated')) ?? timeOf(textAt(statement, 'timestamp')) ?? 0;
}

function errorOf(spec: VulnerabilityExceptionSpec): string | undefined {
  const metadata = { name: 'x', namespace: 'x' };
  const read = readException({
    apiVersion: SCANNING_API_VERSION,
    kind: 'VulnerabilityException',
    metadata,
    spec: { ...spec },
  });
  return read.kind === 'wrong' ? read.errors.join('; ') : undefined;
}

/** The exceptions of a statement; a text says why there is none. */
function* specsOf(statement: Json, options: VexOptions): Generator<VulnerabilityExceptionSpec | string> {
  const said = saidOf(statement, options);
  if (typeof said === 'string') {
    yield said;
    return;
  }
  const products = listAt(statement, 'products');
  if (products.length === 0) yield 'names no product';
  for (const product of products) {
    const own = listAt(product, 'subcomponents');
    const packages = (own.length > 0 ? own : listAt(statement, 'subcomponents')).map(identifierOf);
    const place = placeOf(product, packages.length > 0);
    if (typeof place === 'string') yield place;
    else if (packages.length === 0) yield { ...said, ...place };
    else for (const each of packages) yield { ...said, ...place, package: each };
  }
}

const STATUSES = new Set<string>(['not_affected', 'affected', 'fixed', 'under_investigation']);
/** What `writeOpenVex` puts into notes: the end, and an impact where there is a justification as well. */
const NOTES = /^expires ([^;\s]+)(?:; ([^]+))?$/;

function saidOf(statement: Json, { expires, accept = false }: VexOptions): VulnerabilityExceptionSpec | string {
  if (!isObject(statement)) return 'is no object';
  const vulnerability = textAt(statement, 'vulnerability') || textAt(statement, 'vulnerability', 'name');
  const status = textAt(statement, 'status');
  if (!STATUSES.has(status)) return `has no status of OpenVEX: ${status}`;
  if (status === 'affected' && !accept) return 'says affected: it is accepted only if you say so';
  const [, ends = expires, note = ''] = NOTES.exec(textAt(statement, 'status_notes')) ?? [];
  const impact = textAt(statement, 'impact_statement') || note;
  const action = textAt(statement, 'action_statement');
  const justification = textAt(statement, 'justification');
  const spec: JsonObject = {
    vulnerability,
    status,
    expires: ends,
    ...(justification === '' ? {} : { justification }),
    ...(impact === '' ? {} : { impact }),
    ...(action === '' ? {} : { action }),
    ...(status === 'affected' ? { accept } : {}),
  };
  return spec as VulnerabilityExceptionSpec; // errorOf checks it
}

/** A component's package URL, or what else names it. */
function identifierOf(component: Json): string {
  if (typeof component === 'string') return component;
  return textAt(component, 'identifiers', 'purl') || textAt(component, '@id');
}

type Place = Partial<Pick<VulnerabilityExceptionSpec, 'package' | 'images' | 'digests'>>;

/** Which artifacts a product is; a text says why it is none that an exception could name. */
function placeOf(product: Json, hasPackages: boolean): Place | string {
  const hash = textAt(product, 'hashes', 'sha-256');
  if (hash !== '') return { digests: [`sha256:${hash}`] };
  const identifier = identifierOf(product);
  const purl = parsePurl(identifier);
  if (purl === undefined) return `has a product that is no package URL and has no sha-256: ${identifier}`;
  if (purl.type === 'oci' || purl.type === 'docker') {
    if (purl.version.startsWith('sha256:')) return { digests: [purl.version] };
    const repository = purl.qualifiers.get('repository_url') ?? '';
    return repository === ''
      ? `has an image without repository_url and digest: ${identifier}`
      : { images: [repository] };
  }
  return hasPackages ? `has packages of a product that is no image: ${identifier}` : { package: identifier };
}
