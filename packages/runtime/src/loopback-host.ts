/**
 * Whether a request was meant for this machine, by its `Host` header: `localhost`, a name below it, or an address of
 * loopback, with any port. A page of another site can make a browser ask 127.0.0.1 under a name of its own (DNS
 * rebinding), and the browser then lets it read the answer. A request without the header comes from no browser.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const [, name = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return /^(?:(?:[a-z0-9_-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/.test(name);
}

/** What a server on loopback says, with status 421 (RFC 9110, section 15.5.20), to a request that was not. */
export const MISDIRECTED = 'this server is on 127.0.0.1 and answers to localhost only';
