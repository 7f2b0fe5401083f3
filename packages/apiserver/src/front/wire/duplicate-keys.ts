const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const MAX_REPORTED = 100;
/** Duplicates whose paths are worked out; many may have the same one. */
const MAX_EXAMINED = 1_000;
/** Bodies that nest deeper are refused, whatever else is wrong with them. */
const MAX_DEPTH = 1_000;

type Level = { readonly keys: Set<string> | undefined; label: string; index: number; expectsKey: boolean };

/**
 * Paths (`spec.n`, `spec.list[0].a`) of keys that stand twice in one object of a JSON text, which
 * `JSON.parse` cannot see. The text must be valid JSON. One pass, no copies of values.
 */
export function duplicateKeys(text: string): readonly string[] {
  const levels: Level[] = [];
  const found = new Set<string>();
  let examined = 0;
  for (let at = 0; at < text.length && levels.length <= MAX_DEPTH && examined < MAX_EXAMINED; at += 1) {
    const level = levels.at(-1);
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (level?.keys !== undefined && level.expectsKey && isSecond(level, text.slice(at, end))) {
          examined += 1;
          if (found.size < MAX_REPORTED) found.add(pathOf(levels));
        }
        at = end - 1;
        break;
      }
      case OPEN_OBJECT:
        levels.push({ keys: new Set(), label: '', index: 0, expectsKey: true });
        break;
      case OPEN_LIST:
        levels.push({ keys: undefined, label: '', index: 0, expectsKey: false });
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        levels.pop();
        break;
      case COMMA:
        if (level?.keys === undefined) step(level);
        else level.expectsKey = true;
        break;
      default:
    }
  }
  return [...found];
}

function step(list: Level | undefined): void {
  if (list !== undefined) list.index += 1;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

/** Takes up a key; whether its object has it already. */
function isSecond(level: Level, quoted: string): boolean {
  const key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  level.expectsKey = false;
  level.label = key;
  if (level.keys?.has(key) === true) return true;
  level.keys?.add(key);
  return false;
}

function pathOf(levels: readonly Level[]): string {
  return levels
    .map((level) => (level.keys === undefined ? `[${level.index}]` : `.${level.label}`))
    .join('')
    .replace(/^\./, '');
}
