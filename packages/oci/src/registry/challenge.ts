/** What a registry asks for in `WWW-Authenticate`. */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string; readonly scope: string };

const MAX_CHARS = 8 * 1024;
const SCHEME = /[\s,]*([A-Za-z][\w-]*)(?:\s+|$|(?=,))/y;
const PARAM = /[\s,]*([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;

/**
 * The challenge that we answer, of all that came: Bearer before Basic, as clients of Docker do. Undefined when there is none of
 * the two.
 */
export function challengeIn(headers: readonly string[]): Challenge | undefined {
  const found = headers.flatMap((header) => (header.length > MAX_CHARS ? [] : challengesOf(header)));
  return found.find(({ kind }) => kind === 'bearer') ?? found[0];
}

function challengesOf(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  for (let at = 0; at < header.length; ) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(header)?.[1]?.toLowerCase();
    if (scheme === undefined) break;
    at = SCHEME.lastIndex;
    const params = new Map<string, string>();
    for (;;) {
      PARAM.lastIndex = at;
      const [, name, quoted, bare = ''] = PARAM.exec(header) ?? [];
      if (name === undefined) break;
      params.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? bare);
      at = PARAM.lastIndex;
    }
    if (scheme === 'basic') challenges.push({ kind: 'basic' });
    const realm = params.get('realm');
    if (scheme === 'bearer' && realm !== undefined) {
      challenges.push({
        kind: 'bearer',
        realm,
        service: params.get('service') ?? '',
        scope: params.get('scope') ?? '',
      });
    }
  }
  return challenges;
}
