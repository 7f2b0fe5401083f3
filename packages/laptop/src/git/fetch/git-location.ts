import { fileURLToPath } from 'node:url';
import { decodePercent, shownUrl } from '../../redact.ts';

/** Where a repository is. `text` is the URL as messages may show it: without credentials. */
export type GitLocation =
  | { readonly kind: 'local'; readonly text: string; readonly path: string }
  | {
      readonly kind: 'http';
      readonly text: string;
      /** What git gets: without user and password, which travel apart. */
      readonly url: string;
      readonly origin: string;
      readonly scheme: 'http' | 'https';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly kind: 'ssh';
      readonly text: string;
      /** What git gets: without a password. */
      readonly url: string;
      readonly username: string;
    };

/**
 * Reads `spec.url`: http, https and ssh as Flux has them, and, because this is a laptop, an absolute
 * path or a file URL. Throws an Error that says what is wrong with it.
 */
export function parseGitLocation(url: string): GitLocation {
  if (url.includes('\0')) throw new Error('it holds a NUL character');
  if (url.startsWith('/')) return { kind: 'local', text: url, path: url };
  const parsed = URL.parse(url);
  // `user:password@host` is none, though its user reads like a scheme.
  if (parsed === null || !/^(?:.*:\/\/|https?:|ssh:|file:)/is.test(url))
    throw new Error('it is neither a URL nor an absolute path');
  const text = shownUrl(url);
  switch (parsed.protocol) {
    case 'file:':
      return { kind: 'local', text, path: fileURLToPath(parsed) };
    case 'http:':
    case 'https:':
      return httpLocation(parsed, url, text);
    case 'ssh:':
      return { kind: 'ssh', text, url: sshUrl(parsed, url), username: decodePercent(parsed.username) };
    default:
      throw new Error(`unknown transport '${parsed.protocol.slice(0, -1)}'`);
  }
}

function httpLocation(parsed: URL, url: string, text: string): GitLocation {
  const bare = new URL(parsed);
  bare.username = '';
  bare.password = '';
  return {
    kind: 'http',
    text,
    // Nothing to strip: keep the user's own spelling, which git quotes in its messages.
    url: parsed.username === '' && parsed.password === '' ? url : bare.href,
    origin: parsed.origin,
    scheme: parsed.protocol === 'https:' ? 'https' : 'http',
    username: decodePercent(parsed.username),
    password: decodePercent(parsed.password),
  };
}

/** ssh has no use for a password in a URL, and on git's command line everyone could read it. */
function sshUrl(parsed: URL, url: string): string {
  if (parsed.password === '') return url;
  const bare = new URL(parsed);
  bare.password = '';
  return bare.href;
}
