import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { systemClock as clock } from '@cartographer/kube';
import { selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createConventionCaller } from '../webhook/convention-caller.ts';
import { type Script, scriptedServer } from '../webhook/testing/scripted-server.ts';
import {
  type ConventionsStage,
  createConventionsStage,
  intent,
  labels,
  registered,
  webhook,
} from './testing/conventions-stage.ts';

const pair = await selfSigned(['127.0.0.1']);
const other = await selfSigned(['127.0.0.1']);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const answers =
  (change: (context: { status: { template: object; appliedConventions: unknown } }) => unknown): Script =>
  (response, { body }) => {
    const { spec, ...context } = JSON.parse(body) as { spec: { template: object } };
    const answer = { ...context, status: { template: spec.template, appliedConventions: [] as unknown } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(change(answer)));
  };
const status = (more: object) =>
  answers(({ status: given, ...context }) => ({ ...context, status: { ...given, ...more } }));

/** So large an answer that nobody has room for it, as long as it is taken. */
function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = ' '.repeat(1 << 20);
  let left = 100;
  const send = (): void => {
    while (left > 0) {
      left -= 1;
      if (!response.write(chunk)) return void response.once('drain', send);
    }
    response.end('{}');
  };
  send();
}

describe('a server that', () => {
  it.each<[string, Script, RegExp]>([
    ['answers 500', (response) => response.writeHead(500).end('secret words'), /500/],
    ['answers other JSON', answers(() => ['x']), /POST https/],
    ['answers another kind', answers((context) => ({ ...context, kind: 'Pod' })), /POST https/],
    ['answers an empty template', status({ template: {} }), /template/],
    ['answers without the containers', status({ template: { spec: { containers: [] } } }), /containers/],
    [
      'answers without one container',
      status({ template: { spec: { containers: [{ name: 'x', image: 'y' }] } } }),
      /app/,
    ],
    ['answers 100 MB', endless, /POST https/],
    ['has line ends in names', status({ appliedConventions: ['a\nforged/b'] }), /appliedConventions/],
  ])('%s is named with the image and what to do, and changes nothing', async (_what, script, says) => {
    await using server = await scriptedServer(pair, script);
    await using stage = await createConventionsStage({ caller: createConventionCaller({ clock }) });
    const url = `https://127.0.0.1:${server.port}/`;
    await stage.apply(registered('odd', { webhook: { clientConfig: { url, caBundle: base64(pair.certPem) } } }));
    await stage.apply(intent('app'));
    await stage.restart();
    const said = await stage.said('app');
    expect(said).toMatch(
      /^False ConventionsApplied: failed to apply convention with name odd: POST https:\/\/127\.0\.0\.1:/,
    );
    expect(said).toMatch(says);
    expect(said).toMatch(/ \(image registry\.example\.com\/app@sha256:a{64}\)$/);
    expect(said).not.toContain('secret words');
    expect((await stage.status('app')).template).toBeUndefined();
  });

  it.each<[string, () => Promise<{ readonly port: number } & AsyncDisposable>, RegExp]>([
    [
      'has a certificate of another authority',
      () =>
        scriptedServer(
          other,
          answers((context) => context),
        ),
      /certificate/,
    ],
    [
      'is down',
      async () => {
        const server = await scriptedServer(
          pair,
          answers((context) => context),
        );
        await server[Symbol.asyncDispose]();
        return { port: server.port, [Symbol.asyncDispose]: () => Promise.resolve() };
      },
      /ECONNREFUSED/,
    ],
  ])('%s is named, and asked again', async (_what, start, says) => {
    await using server = await start();
    await using stage = await createConventionsStage({ caller: createConventionCaller({ clock }) });
    const url = `https://127.0.0.1:${server.port}/`;
    await stage.apply(registered('odd', { webhook: { clientConfig: { url, caBundle: base64(pair.certPem) } } }));
    await stage.apply(intent('app'));
    await stage.restart();
    expect(await stage.said('app')).toMatch(/^False ConventionsApplied: failed to apply convention with name odd: /);
    expect(await stage.said('app')).toMatch(says);
  });
});

describe('conventions that', () => {
  const once = async (stage: ConventionsStage): Promise<number> => {
    await stage.restart();
    const { length } = stage.calls;
    await stage.pass(3_600_000);
    expect(stage.calls).toHaveLength(length);
    return length;
  };

  it('do not come to rest are named with the image, and asked no more', async () => {
    await using stage = await createConventionsStage();
    let n = 0;
    stage.servers.set('grow', (request) => labels('n', String((n += 1)))(request));
    await stage.apply(webhook('grow') + intent('app'));
    expect(await once(stage)).toBe(5);
    expect(await stage.said('app')).toMatch(
      /^False NotConvergent: convention grow changes its own result .* over image registry\.example\.com\/app@sha256:/,
    );
    expect((await stage.status('app')).template).toBeUndefined();
    stage.servers.set('grow', labels('n', '1'));
    await stage.apply(webhook('grow', {}, { 'conventions.carto.run/revision': 'mended' }));
    await stage.pass(10);
    expect(await stage.said('app')).toBe('True Applied');
  });

  it('undo each other are both named', async () => {
    await using stage = await createConventionsStage();
    stage.servers.set('left', labels('x', 'left'));
    stage.servers.set('right', labels('x', 'right'));
    await stage.apply(webhook('left') + webhook('right') + intent('app'));
    await once(stage);
    expect(await stage.said('app')).toMatch(
      /^False NotConvergent: conventions left, right change what the others made/,
    );
  });

  it('have a rule that does not compile, or gives no template, are named with the place in it', async () => {
    await using stage = await createConventionsStage();
    const rule = { name: 'one', apply: { metadata: { labels: { a: '$(template.nothing.at.all)$' } } } };
    await stage.apply(registered('odd', { rules: [{ ...rule, when: 'tem plate' }] }) + intent('app'));
    await stage.restart();
    expect(await stage.said('app')).toMatch(
      /^False ConventionInvalid: failed to apply convention with name odd: spec\.rules\[0\]\.when: .* \(image /,
    );
    await stage.apply(registered('odd', { rules: [{ ...rule, when: '1' }] }));
    await stage.pass(10);
    expect(await stage.said('app')).toMatch(
      /^False ConventionsApplied: failed to apply convention with name odd: spec\.rules\[0\]\.when/,
    );
    await stage.apply(registered('odd', { rules: [{ name: 'one', apply: { metadata: { labels: { a: 'b' } } } }] }));
    await stage.pass(10);
    expect((await stage.status('app')).template?.metadata?.labels).toEqual({ a: 'b' });
    expect(stage.calls).toEqual([]);
  });
});

describe('two hundred images', () => {
  const containers = Array.from({ length: 200 }, (_, at) => ({
    name: `c${at}`,
    image: `registry.example.com/app-${at}:v1`,
  }));
  const many = intent('app', { more: { template: { spec: { containers } } } });

  it('are each asked for once', async () => {
    await using stage = await createConventionsStage();
    for (const { image } of containers) stage.tags.set(image, 'b');
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + many);
    await stage.restart();
    expect(await stage.said('app')).toBe('True Applied');
    expect(stage.resolved).toHaveLength(200);
    expect((await stage.status('app')).images).toHaveLength(200);
  });

  it('that are not there are told in a message that a condition can hold', async () => {
    await using stage = await createConventionsStage();
    await stage.apply(many);
    await stage.restart();
    const said = await stage.said('app');
    expect(said).toMatch(/^False ConventionsApplied: failed to fetch metadata for Images: image: "registry/);
    expect(said.length).toBeLessThan(9_000);
  });
});
