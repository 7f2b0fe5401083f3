import { request } from 'node:https';

/** Whom the certificate is for. */
export const SERVICE = 'cartographer-scanner.cartographer-system.svc';

/** What came back. */
type Reply = {
  readonly code: number | undefined;
  readonly body: { readonly [key: string]: unknown };
  readonly retryAfter?: string;
};

/** Asks a server on this machine, whose certificate is that of the Service. */
export function askQuestion(
  port: number,
  ca: string,
  path: string,
  { token = '', method = 'GET' } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port, ca, servername: SERVICE, path, method, headers, agent: false };
    request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: code, headers: got } = response;
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Reply['body'];
        resolve({ code, body, ...(got['retry-after'] && { retryAfter: got['retry-after'] }) });
      });
    })
      .on('error', reject)
      .end();
  });
}
