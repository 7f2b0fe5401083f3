import { Buffer } from 'node:buffer';
import { type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';

/** What a server answered. */
export type Asked = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

/** How to ask a server on loopback. */
export type AskOptions = RequestOptions & { readonly port: number; readonly ca: string; readonly body?: string };

/** Sends one request over a connection of its own. */
export function ask({ body = '', ...options }: AskOptions): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', method: 'POST', agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on('error', reject).end(body);
  });
}
