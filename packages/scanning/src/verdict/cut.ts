const ELLIPSIS = '…';
/** A control character takes most: `\u0000`. */
const MOST_BYTES = 6;

/** Bytes that a text takes in JSON, without its quotes. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text.toWellFormed())) - 2;
}

/** The text, or as much of its beginning as takes so many bytes in JSON; characters stay whole. */
export function cut(text: string, maxBytes: number): string {
  if (text.length * MOST_BYTES <= maxBytes) return text.toWellFormed();
  // A character takes a byte or more: what lies beyond is never looked at.
  const start = text.length > maxBytes ? text.slice(0, maxBytes + 1) : text;
  const whole = start.toWellFormed();
  if (start.length === text.length && jsonBytes(whole) <= maxBytes) return whole;
  let bytes = Buffer.byteLength(ELLIPSIS);
  let kept = '';
  for (const character of whole) {
    bytes += jsonBytes(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}
