/** A character that YAML 1.1 takes for the end of a line or refuses, in quotes, too. */
export const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
/** In JSON text: that, or an escape, to be left as it is unless it is half a surrogate pair. */
const UNSAFE = new RegExp(`${UNPRINTABLE.source}|\\\\(?:ud[89a-f][0-9a-f]{2}|[^])`, 'g');

/**
 * The same JSON in characters that YAML 1.1 reads alike: in quotes, too, NEL, LS and PS end a line there, and most
 * control characters are refused. A Kubernetes server reads an apply patch as YAML. Half a surrogate pair, which
 * UTF-8 cannot hold, becomes U+FFFD, as everywhere in Go.
 */
export function yamlSafeJson(json: string): string {
  return json.replace(UNSAFE, (found) => {
    if (found.length === 1) return escapedCharacter(found);
    return found.startsWith('\\ud') ? '\\ufffd' : found;
  });
}

/** The escape that JSON and YAML have for a character of 16 bits. */
export function escapedCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
