import { packageOfPurl } from '@cartographer/bills';
import { SCANNING_GROUP } from '../kinds/group.ts';
import { scanningKinds } from '../kinds/kinds.ts';
import type { ScanKind } from '../scanner/scan-request.ts';

/** How an answer that is too long for one goes on: after this scan of this bill. */
export type Cursor = { readonly bill: string; readonly scan: string };

/** Scans of which namespace, how many at most, and after which. */
export type Part = { readonly namespace?: string; readonly limit: number; readonly after?: Cursor };

/** What can be asked. */
export type Question =
  /** Who carries this package, in whatever version; of whatever ecosystem, where none is named? */
  | { readonly kind: 'carriers'; readonly ecosystem?: string; readonly name: string; readonly part: Part }
  /** Who is touched by this vulnerability, whatever name of it is given? */
  | { readonly kind: 'touched'; readonly vulnerability: string; readonly part: Part }
  /** All findings of a scan. */
  | { readonly kind: 'findings'; readonly scanKind: ScanKind; readonly namespace: string; readonly name: string };

/** A question, or why there is none at that address. */
export type QuestionRead =
  | { readonly kind: 'question'; readonly question: Question }
  | { readonly kind: 'wrong'; readonly why: string }
  | { readonly kind: 'nowhere' };

/** The addresses of questions begin so. */
export const QUESTIONS_PREFIX = `/questions.${SCANNING_GROUP}/v1alpha1`;

const LIMIT = 100;
const MOST = 500;
/** Names of packages and vulnerabilities are shorter. */
const MOST_TEXT = 512;
const KINDS: ReadonlyMap<string, ScanKind> = new Map(
  (['ImageScan', 'SourceScan'] as const).map((kind) => [scanningKinds[kind].resource, kind]),
);
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const BILL = /^sha256:[0-9a-f]{64}$/;

/** Reads the path and the query of a request. */
export function readQuestion(url: URL): QuestionRead {
  if (!url.pathname.startsWith(`${QUESTIONS_PREFIX}/`)) return { kind: 'nowhere' };
  const path = url.pathname.slice(QUESTIONS_PREFIX.length + 1).split('/');
  try {
    if (path.length === 1 && path[0] === 'carriers') return asked(carriers(url.searchParams));
    if (path.length === 1 && path[0] === 'touched') return asked(touched(url.searchParams));
    const [namespaces, namespace = '', resource = '', name = '', findings] = path;
    const scanKind = KINDS.get(resource);
    const isFindings = path.length === 5 && namespaces === 'namespaces' && findings === 'findings';
    if (!isFindings || scanKind === undefined) return { kind: 'nowhere' };
    onlyOf(url.searchParams, []);
    return asked({ kind: 'findings', scanKind, namespace: named('namespace', namespace), name: named('name', name) });
  } catch (error) {
    if (error instanceof WrongQuestion) return { kind: 'wrong', why: error.message };
    throw error;
  }
}

/** Says what is wrong with a question; never leaves this file. */
class WrongQuestion extends Error {}

const asked = (question: Question): QuestionRead => ({ kind: 'question', question });

const OF_A_PART = ['namespace', 'limit', 'continue'] as const;

function carriers(query: URLSearchParams): Question {
  onlyOf(query, ['purl', 'ecosystem', 'name', ...OF_A_PART]);
  const purl = text(query, 'purl');
  if (purl === '') {
    const [ecosystem, name] = [text(query, 'ecosystem'), text(query, 'name')];
    if (name === '')
      throw new WrongQuestion('give purl=pkg:TYPE/NAME, or name=NAME, with ecosystem=NAME where only that is meant');
    return { kind: 'carriers', ...(ecosystem === '' ? {} : { ecosystem }), name, part: partOf(query) };
  }
  if (query.has('ecosystem') || query.has('name')) throw new WrongQuestion('give either purl, or ecosystem and name');
  const found = packageOfPurl(purl);
  if (found === undefined) throw new WrongQuestion(`'${purl}' is no package URL, such as pkg:npm/left-pad`);
  return { kind: 'carriers', ecosystem: found.ecosystem, name: found.name, part: partOf(query) };
}

function touched(query: URLSearchParams): Question {
  onlyOf(query, ['vulnerability', ...OF_A_PART]);
  const vulnerability = text(query, 'vulnerability');
  if (vulnerability === '') throw new WrongQuestion('give vulnerability=ID, such as CVE-2021-44228');
  return { kind: 'touched', vulnerability, part: partOf(query) };
}

function partOf(query: URLSearchParams): Part {
  const [namespace, limit, after] = [text(query, 'namespace'), text(query, 'limit'), text(query, 'continue')];
  const count = limit === '' ? LIMIT : Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > MOST)
    throw new WrongQuestion(`limit '${limit}' is no whole number from 1 to ${MOST}`);
  return {
    limit: count,
    ...(namespace === '' ? {} : { namespace: named('namespace', namespace) }),
    ...(after === '' ? {} : { after: cursorOf(after) }),
  };
}

/** What an answer hands out, so that the next one goes on there. */
export function cursorText({ bill, scan }: Cursor): string {
  return Buffer.from(`${bill} ${scan}`).toString('base64url');
}

function cursorOf(given: string): Cursor {
  const [bill = '', scan = '', ...rest] = Buffer.from(given, 'base64url').toString('utf8').split(' ');
  if (!BILL.test(bill) || scan === '' || rest.length > 0)
    throw new WrongQuestion('continue is none that an answer gave; leave it out to begin anew');
  return { bill, scan };
}

function text(query: URLSearchParams, key: string): string {
  const given = query.getAll(key);
  if (given.length > 1) throw new WrongQuestion(`${key} is given twice`);
  const [value = ''] = given;
  if (value.length > MOST_TEXT) throw new WrongQuestion(`${key} has more than ${MOST_TEXT} characters`);
  return value;
}

function named(what: string, value: string): string {
  if (!NAME.test(value)) throw new WrongQuestion(`${what} '${value.slice(0, 80)}' is no name of an object`);
  return value;
}

/** A misspelt parameter would ask for something else. */
function onlyOf(query: URLSearchParams, known: readonly string[]): void {
  for (const key of query.keys()) {
    if (!known.includes(key)) {
      const some = known.length === 0 ? 'there are none here' : `there are ${known.join(', ')}`;
      throw new WrongQuestion(`'${key.slice(0, 80)}' is no parameter; ${some}`);
    }
  }
}
