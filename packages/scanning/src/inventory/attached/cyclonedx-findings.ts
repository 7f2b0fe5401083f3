import { type BillPackage, packageOfPurl } from '@cartographer/bills';
import { getKey, isList, isObject, type Json, type JsonObject, listAt, textAt } from '@cartographer/machinery';
import { type Rating, ratingOfVector } from '../../match/severity.ts';
import { FindingsCollected, type FindingsRead, shown, worstRating } from './finding-draft.ts';

/** Says that a vulnerability is not there, so that there is no finding: what CycloneDX calls the state of an analysis. */
const NOT_THERE = new Set(['not_affected', 'false_positive', 'resolved', 'resolved_with_pedigree']);
const MOST_COMPONENTS = 250_000;
const VECTORS: Readonly<Record<string, string>> = {
  CVSSv2: 'CVSS_V2',
  CVSSv3: 'CVSS_V3',
  CVSSv31: 'CVSS_V3',
  CVSSv4: 'CVSS_V4',
};

/** The vulnerabilities of a CycloneDX document: https://cyclonedx.org/docs/1.6/json/#vulnerabilities. Undefined without any such list. */
export function cycloneDxFindings(document: JsonObject): FindingsRead | undefined {
  const list = getKey(document, 'vulnerabilities');
  if (textAt(document, 'bomFormat') !== 'CycloneDX' || list === undefined) return undefined;
  const collected = new FindingsCollected();
  if (!isList(list)) collected.leave('vulnerabilities', 'is not a list');
  else {
    const packages = packagesByRef(document);
    for (const [at, vulnerability] of list.entries()) {
      const where = `vulnerabilities[${at}]`;
      if (isObject(vulnerability)) take(collected, where, vulnerability, packages);
      else collected.leave(where, 'is not an object');
    }
  }
  return collected.read;
}

function take(
  collected: FindingsCollected,
  where: string,
  vulnerability: JsonObject,
  packages: ReadonlyMap<string, BillPackage>,
): void {
  if (NOT_THERE.has(textAt(vulnerability, 'analysis', 'state'))) return;
  const draft = {
    id: textAt(vulnerability, 'id'),
    aliases: listAt(vulnerability, 'references').map((reference) => textAt(reference, 'id')),
    rating: worstRating(ratingsOf(collected, where, vulnerability)),
    // Trivy and others say it there: `Upgrade x to version 1.2.4, 2.0.1`.
    fixedIn: /\bto version ([^\s,;]+)/i.exec(textAt(vulnerability, 'recommendation'))?.[1],
    published: textAt(vulnerability, 'published'),
    summary: textAt(vulnerability, 'description'),
  };
  const refs = listAt(vulnerability, 'affects').map((affected) => textAt(affected, 'ref'));
  if (refs.length === 0) return collected.add(where, { ...draft, package: undefined });
  for (const ref of refs) {
    const found = packages.get(ref) ?? packageInRef(ref);
    if (found === undefined) collected.leave(where, `is of ${shown(ref)}, which is no component and no package URL`);
    else collected.add(where, { ...draft, package: found });
  }
}

function ratingsOf(collected: FindingsCollected, where: string, vulnerability: JsonObject): readonly Rating[] {
  return listAt(vulnerability, 'ratings').flatMap((rating) => {
    const method = textAt(rating, 'method');
    const isCvss = method === '' || method.startsWith('CVSS');
    const score = isObject(rating) ? getKey(rating, 'score') : undefined;
    const scores = score === undefined || !isCvss ? [] : [score];
    const said = collected.rated(where, { scores, words: [textAt(rating, 'severity')] });
    if (said.length > 0) return said;
    const vector = textAt(rating, 'vector');
    const read = vector === '' ? undefined : ratingOfVector({ type: typeOf(method, vector), score: vector });
    if (vector !== '' && read === undefined) collected.leave(where, `has the vector ${shown(vector)}, which is none`);
    return read ?? [];
  });
}

function typeOf(method: string, vector: string): string {
  const [, major = '2'] = /^CVSS:([34])\./.exec(vector) ?? [];
  return VECTORS[method] ?? `CVSS_V${major}`;
}

/** All components, nested ones too, by what they are referred to by. */
function packagesByRef(document: JsonObject): ReadonlyMap<string, BillPackage> {
  const packages = new Map<string, BillPackage>();
  const open: Json[] = [...listAt(document, 'components'), getKey(document, 'metadata') ?? null];
  for (let left = MOST_COMPONENTS; open.length > 0 && left > 0; left -= 1) {
    const component = open.pop();
    if (!isObject(component)) continue;
    open.push(...listAt(component, 'components'));
    const own = getKey(component, 'component');
    if (isObject(own)) open.push(own);
    const found = packageOf(component);
    for (const ref of [textAt(component, 'bom-ref'), textAt(component, 'purl')]) {
      if (ref !== '' && found !== undefined) packages.set(ref, found);
    }
  }
  return packages;
}

function packageOf(component: JsonObject): BillPackage | undefined {
  const found = packageOfPurl(textAt(component, 'purl'));
  const [name, version] = [textAt(component, 'name'), textAt(component, 'version')];
  if (found !== undefined) return { ...found, version: found.version === '' ? version : found.version };
  return name === '' ? undefined : { name, version, purl: '', ecosystem: '' };
}

/** A reference that is a package URL itself, or one into another document: `urn:cdx:…/1#pkg:npm/a@1.0.0`. */
function packageInRef(ref: string): BillPackage | undefined {
  const direct = packageOfPurl(ref);
  if (direct !== undefined) return direct;
  const text = ref.slice(ref.indexOf('#') + 1);
  try {
    return packageOfPurl(text) ?? packageOfPurl(decodeURIComponent(text));
  } catch {
    return undefined;
  }
}
