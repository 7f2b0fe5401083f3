/** An answer in JSON. */
export function json(value: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json', ...headers } });
}

/** A page, as servers and proxies answer what is wrong. */
export function page(status: number, title: string): Response {
  const text = `<html><head><title>${title}</title></head><body>${title}</body></html>`;
  return new Response(text, { status, headers: { 'content-type': 'text/html' } });
}

/** An answer that leads elsewhere. */
export function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

/** What `fetch` throws when a connection fails so. */
export function withCode(message: string, code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}
