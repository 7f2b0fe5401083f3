/** In JSON text: an escape, to be left as it is unless it is half a surrogate pair, or what YAML 1.1 reads otherwise. */
const UNSAFE = /\\(?:ud[89a-f][0-9a-f]{2}|[^])|[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * The same JSON in characters that YAML 1.1 reads alike: in quotes, too, NEL, LS and PS end a line there, and most
 * control characters are refused. A Kubernetes server reads an apply patch as YAML. Half a surrogate pair, which
 * UTF-8 cannot hold, becomes U+FFFD, as everywhere in Go.
 */
export function yamlSafeJson(json: string): string {
  return json.replace(UNSAFE, (found) => {
    if (found.length === 1) return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return found.startsWith('\\ud') ? '\\ufffd' : found;
  });
}
