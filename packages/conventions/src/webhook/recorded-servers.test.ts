import { Buffer } from 'node:buffer';
import type { PodConventionContext } from '@cartographer/convention-sdk';
import { type ConventionExchange, loadConventionExchanges, selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { callOnce, failureOf } from './testing/call.ts';
import { type Script, scriptedServer } from './testing/scripted-server.ts';

const pair = await selfSigned(['127.0.0.1']);
const exchanges = loadConventionExchanges();

/** As the server of the recording answered, however its body came. */
function playing({ response: { status, headers, body } }: ConventionExchange): Script {
  return (response) => {
    response.sendDate = false;
    response.writeHead(status, headers.filter(([name]) => name !== 'Transfer-Encoding').flat());
    response.end(body);
  };
}

const isContext = (body: unknown): body is PodConventionContext =>
  typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'PodConventionContext';
const answered = exchanges.filter(({ request }) => isContext(request.body));
const others = exchanges.filter(({ request }) => !isContext(request.body));

describe('a server of the original', () => {
  it('was recorded in ten exchanges', () => {
    expect([answered.length, others.length]).toEqual([5, 5]);
  });

  it.each(answered.map((exchange) => ({ ...exchange })))('is understood: $server', async (exchange) => {
    await using server = await scriptedServer(pair, playing(exchange));
    const url = new URL(`https://127.0.0.1:${server.port}${exchange.request.path}`);
    const asked = exchange.request.body as PodConventionContext;
    const answer = await callOnce({ url, caPem: pair.certPem, timeoutMs: 30_000 }, { request: asked });
    const { status } = JSON.parse(exchange.response.body) as PodConventionContext;
    expect(answer).toEqual({ template: status.template, applied: status.appliedConventions ?? [] });
    const [seen] = server.seen;
    expect(seen?.headers['content-type']).toBe(exchange.request.contentType);
    expect(JSON.parse(seen?.body ?? '')).toEqual(asked);
    expect(seen?.headers['content-length']).toBe(String(Buffer.byteLength(seen?.body ?? '')));
  });

  it.each(others.map((exchange) => ({ ...exchange })))('is refused: $server', async (exchange) => {
    await using server = await scriptedServer(pair, playing(exchange));
    const url = new URL(`https://127.0.0.1:${server.port}${exchange.request.path}`);
    const { status } = exchange.response;
    const failed = status === 400 ? { failure: 'refused-status', status } : { failure: 'bad-answer' };
    expect(await failureOf({ url, caPem: pair.certPem, timeoutMs: 30_000 })).toMatchObject(failed);
  });
});
