/** What stands in the place of something secret. */
const HIDDEN = 'xxxxx';
/** Shorter ones are found in any text, and to hide them would make it unreadable. */
const MIN_SECRET_CHARS = 4;
/** A user's name is a word like any other; one that is a token is longer than that. */
const MIN_TOKEN_CHARS = 8;
/** Whom every hosting service calls by this name over SSH. */
const EVERYONE = 'git@';

/**
 * A URL as messages may show it: without user, password and query, each of which may be a token. It is cut at its last
 * `@`, and not taken apart as a URL: what makes one unreadable is often a password.
 */
export function shownUrl(url: string): string {
  if (url.startsWith('/')) return url;
  const { scheme, rest } = splitScheme(url);
  const at = rest.startsWith(EVERYONE) ? -1 : rest.lastIndexOf('@');
  const bare = at < 0 ? rest : `${HIDDEN}${rest.slice(at)}`;
  return `${scheme}${bare.replace(/\?.*$/s, `?${HIDDEN}`)}`;
}

/** What of a URL must not be shown: the values of user, password and query, as written and decoded. */
export function secretsOfUrl(url: string): readonly string[] {
  const { rest } = splitScheme(url);
  const user = rest.slice(0, Math.max(0, url.startsWith('/') ? 0 : rest.lastIndexOf('@')));
  const [name = ''] = user.split(':', 1);
  const query = url.split('?').slice(1).join('?').split('&');
  const values = query.map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...tokens(name), ...forms(user.slice(name.length + 1)), ...values.flatMap(forms)];
}

/** A user's name, if it is long enough to be a token. */
export function tokens(name: string): readonly string[] {
  return name.length < MIN_TOKEN_CHARS ? [] : forms(name);
}

/** A text without what is secret, whichever way that is written: as it is, percent-encoded, or as part of a header. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const all = new Set(secrets.flatMap((secret) => [secret, encodeURI(secret.toWellFormed()), encodeAll(secret)]));
  return [...all]
    .filter((secret) => secret.length >= MIN_SECRET_CHARS)
    .toSorted((left, right) => right.length - left.length)
    .reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
}

/** Decodes `%41` and the like; a `%` that begins nothing of that kind stays, as git has it. */
export function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run; // bytes that are no text
    }
  });
}

function forms(value: string): readonly string[] {
  return value === '' ? [] : [value, decodePercent(value)];
}

function encodeAll(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** `me:password@host` has no scheme, though its user reads like one. */
function splitScheme(url: string): { readonly scheme: string; readonly rest: string } {
  const [scheme = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/|https?:|ssh:)/i.exec(url) ?? [];
  return { scheme, rest: url.slice(scheme.length) };
}
