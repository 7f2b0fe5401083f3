import { LockFileError } from './lock-file.ts';

/** An element of XML, as far as files of Maven and Gradle have them: names without a prefix, no mixed contents. */
export type Element = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** The text that stands in it directly, without blanks around it. */
  readonly text: string;
};

type OpenElement = { name: string; attributes: ReadonlyMap<string, string>; children: Element[]; text: string };

const MOST_NESTING = 200;

/** Comments, processing instructions, sections of text, tags, and text between them. */
const TOKEN =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([\w:.-]+)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|([^<]+)|</g;
const ATTRIBUTE = /\s*([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/gy;

/**
 * Reads XML without types of documents: none of the files we read has one, and entities of one can grow without end.
 * @throws LockFileError when the text is not such XML, or nests too deep.
 */
export function parseXml(text: string): Element {
  const root: OpenElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open: OpenElement[] = [root];
  for (const token of text.replace(/^\uFEFF/, '').matchAll(TOKEN)) {
    const [whole, section, slash, tag, rest = '', plain] = token;
    const top = open.at(-1) ?? root;
    if (section !== undefined) top.text += section;
    else if (plain !== undefined) top.text += decoded(plain);
    else if (tag !== undefined && slash === '/') close(open, localName(tag));
    else if (tag !== undefined) begin(open, localName(tag), rest);
    else if (whole === '<') throw new LockFileError(`is not XML that is read: see character ${token.index + 1}`);
  }
  const [top] = root.children;
  if (open.length > 1) throw new LockFileError(`is not XML: ${open.at(-1)?.name ?? ''} has no end`);
  if (top === undefined) throw new LockFileError('is not XML: it has no element');
  return top;
}

/** The elements at a path of names below an element. */
export function elementsAt(element: Element, ...path: readonly string[]): readonly Element[] {
  return path.reduce<readonly Element[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/** The text of the first element at a path of names; empty where there is none. */
export function textOf(element: Element, ...path: readonly string[]): string {
  return elementsAt(element, ...path)[0]?.text ?? '';
}

function begin(open: OpenElement[], name: string, rest: string): void {
  if (open.length > MOST_NESTING) throw new LockFileError(`nests more than ${MOST_NESTING} levels deep`);
  const attributes = new Map(
    [...rest.matchAll(ATTRIBUTE)].map(
      (found) => [localName(found[1] ?? ''), decoded(found[2] ?? found[3] ?? '')] as const,
    ),
  );
  const element: OpenElement = { name, attributes, children: [], text: '' };
  open.at(-1)?.children.push(element);
  if (!rest.endsWith('/')) open.push(element);
}

function close(open: OpenElement[], name: string): void {
  const element = open.pop();
  if (element?.name !== name || open.length === 0)
    throw new LockFileError(`is not XML: ${name} ends where it does not begin`);
  element.text = element.text.trim();
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{1,32}));/gi, (whole, hex, decimal, name) => {
    if (typeof name === 'string') return ENTITIES[name] ?? whole;
    const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
