/** A certificate that is its own authority, and its key, as PEM. */
export type SelfSigned = { readonly certPem: string; readonly keyPem: string };

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Makes a certificate of these DNS names and IPv4 addresses, which clients trust that have it as an authority. It begins a
 * day before `atMs` and ends a day after.
 */
export async function selfSigned(names: readonly string[], atMs: number = Date.now()): Promise<SelfSigned> {
  const { generate } = await import('selfsigned');
  const altNames = names.map((name) =>
    /^[\d.]+$/.test(name) ? ({ type: 7, ip: name } as const) : ({ type: 2, value: name } as const),
  );
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'test' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(atMs - DAY_MS),
    notAfterDate: new Date(atMs + DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { certPem: cert, keyPem: key };
}
