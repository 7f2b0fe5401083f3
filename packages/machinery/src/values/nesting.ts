/** How many levels objects, bodies and texts may nest: more than any real one, and far from what a recursive walk can take. */
export const MAX_NESTING = 500;

/** Whether JSON data nests so deep that recursive walks over it could exhaust the stack. */
export function nestsTooDeep(value: unknown, limit: number = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (nestsTooDeep(item, limit - 1)) return true;
    return false;
  }
  for (const key of Object.keys(value)) {
    if (nestsTooDeep((value as Record<string, unknown>)[key], limit - 1)) return true;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Whether a JSON text nests too deep, told before it is parsed: parsing with a reviver recurses, and so does most of
 * what comes after. The text need not be valid JSON.
 */
export function jsonTextNestsTooDeep(text: string, limit: number = MAX_NESTING): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (OPENING.has(code)) {
      depth += 1;
      if (depth > limit) return true;
    } else if (CLOSING.has(code)) depth -= 1;
  }
  return false;
}

/** Where the string that begins at a quote ends. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}
