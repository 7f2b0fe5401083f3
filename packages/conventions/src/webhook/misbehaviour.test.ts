import { Buffer } from 'node:buffer';
import { selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { answerOf, failureOf, template } from './testing/call.ts';
import { type Script, scriptedServer } from './testing/scripted-server.ts';

const pair = await selfSigned(['127.0.0.1']);

type Row = readonly [what: string, script: Script, failure: string, says: string, status?: number];

const json =
  (text: string | Uint8Array, status = 200): Script =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
const empty =
  (status: number, headers: Readonly<Record<string, string>> = {}): Script =>
  (response) =>
    response.writeHead(status, headers).end();
const said = (status: unknown): Script => json(answerOf(status));
const pod = (spec: unknown, more: object = {}): Script => said({ template: { spec }, ...more });
const applied = (appliedConventions: unknown): Script => said({ template, appliedConventions });
const [container] = template.spec.containers;
const deep = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;

const rows: readonly Row[] = [
  ['fails', empty(500), 'refused-status', 'it failed (500); look at the log', 500],
  ['is behind a proxy that answers', json('<html>', 502), 'refused-status', 'it failed (502); look at the log', 502],
  ['cannot read the request', empty(400), 'refused-status', 'it cannot read the request (400); does it speak', 400],
  ['has nothing there', empty(404), 'refused-status', 'it has nothing at this path (404); correct the address', 404],
  ['wants a login', empty(401), 'refused-status', 'it refuses the request (401)', 401],
  [
    'leads elsewhere',
    empty(307, { location: '/other' }),
    'refused-status',
    'a redirect (307), which is not followed',
    307,
  ],
  ['says nothing', empty(204), 'bad-answer', 'an empty body came; a convention server answers with JSON'],
  ['says nothing of JSON', json(''), 'bad-answer', 'an empty body came'],
  [
    'answers in HTML',
    (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    'bad-answer',
    'not application/json; is that',
  ],
  [
    'answers in other JSON',
    (r) => r.writeHead(200, { 'content-type': 'application/json-seq' }).end('{}'),
    'bad-answer',
    'not application/json',
  ],
  [
    'compresses',
    (r) => r.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x'),
    'bad-answer',
    'what came is compressed',
  ],
  [
    'answers with half of JSON',
    json('{"status":'),
    'bad-answer',
    'what came is not JSON; is that a convention server?',
  ],
  ['answers with a text', json('"ok"'), 'bad-answer', 'a string came instead of a PodConventionContext'],
  ['answers with a list', json('[]'), 'bad-answer', 'a list came instead of'],
  ['answers with null', json('null'), 'bad-answer', 'null came instead of'],
  ['answers with what is no text', json(Buffer.from([0x22, 0xff, 0x22])), 'bad-answer', 'what came is not UTF-8'],
  ['nests deep', json(deep), 'bad-answer', 'its JSON nests too deep'],
  [
    'answers with another kind',
    json('{"kind":"Pod","apiVersion":"v1"}'),
    'bad-answer',
    'its apiVersion is not webhooks.conventions.carto.run/v1alpha1',
  ],
  [
    'answers with another kind of the group',
    json('{"kind":"Pod"}'),
    'bad-answer',
    'its kind is not PodConventionContext',
  ],
  ['has no status', json('{"hello":"world"}'), 'bad-answer', 'its status is nothing instead of an object'],
  ['has no template', said({ template: null }), 'bad-answer', 'its status.template is null instead of an object'],
  [
    'has an empty template',
    said({ template: {} }),
    'bad-answer',
    'its status.template.spec is nothing instead of an object',
  ],
  [
    'has no containers',
    pod({}),
    'bad-answer',
    'its status.template.spec.containers is empty; the server has to answer with the whole',
  ],
  ['has null containers', pod({ containers: null }), 'bad-answer', 'spec.containers is empty'],
  [
    'has another type of containers',
    pod({ containers: 'all' }),
    'bad-answer',
    'spec.containers is a string instead of a list',
  ],
  [
    'has a container that is none',
    pod({ containers: [7] }),
    'bad-answer',
    'spec.containers[0] is a number instead of a container',
  ],
  [
    'has a container without a name',
    pod({ containers: [{ image: 'x' }] }),
    'bad-answer',
    'spec.containers[0] has no name',
  ],
  [
    'has a container without an image',
    pod({ containers: [{ name: 'workload' }] }),
    'bad-answer',
    'spec.containers[0], "workload", has no image',
  ],
  [
    'loses a container',
    pod({ containers: [{ ...container, name: 'other' }] }),
    'bad-answer',
    'container "workload" is missing from its template; if that is meant, list it in status.removedContainers',
  ],
  [
    'has two of a name',
    pod({ containers: [container, container] }),
    'bad-answer',
    'two containers of its template are named "workload"',
  ],
  [
    'has an init container of the same name',
    pod({ containers: [container], initContainers: [container] }),
    'bad-answer',
    'two containers',
  ],
  [
    'has names with line ends',
    pod({ containers: [container, { name: 'a\nb' }] }),
    'bad-answer',
    '"a\\nb", has no image',
  ],
  [
    'removes containers by another type',
    pod({ containers: [container] }, { removedContainers: 'x' }),
    'bad-answer',
    'removedContainers is not a list',
  ],
  [
    'has labels that are no texts',
    said({ template: { ...template, metadata: { labels: { a: 1 } } } }),
    'bad-answer',
    'metadata.labels has a number under "a"',
  ],
  [
    'has annotations that are a list',
    said({ template: { ...template, metadata: { annotations: [] } } }),
    'bad-answer',
    'metadata.annotations is a list',
  ],
  [
    'has a name that is none',
    said({ template: { ...template, metadata: { name: {} } } }),
    'bad-answer',
    'metadata.name is an object',
  ],
  [
    'has metadata that is none',
    said({ template: { ...template, metadata: 'x' } }),
    'bad-answer',
    'metadata is a string',
  ],
  [
    'forges a line of what was applied',
    applied(['a\nother/b']),
    'bad-answer',
    'its status.appliedConventions[0] has a line end',
  ],
  [
    'forges a line in another way',
    applied(['a', 'b\r']),
    'bad-answer',
    'its status.appliedConventions[1] has a line end',
  ],
  [
    'says too much',
    applied(['a'.repeat(254)]),
    'bad-answer',
    'appliedConventions[0] has 254 characters; 253 are allowed',
  ],
  [
    'says too much at once',
    applied(Array.from({ length: 257 }, () => 'a')),
    'bad-answer',
    'has 257 entries; 256 are allowed',
  ],
  [
    'says what it applied in another type',
    applied('all'),
    'bad-answer',
    'its status.appliedConventions is not a list of texts',
  ],
  [
    'says what it applied in other types',
    applied([1]),
    'bad-answer',
    'its status.appliedConventions is not a list of texts',
  ],
  ['breaks off', (response) => response.destroy(), 'unreachable', 'the connection broke off; look at the log'],
  [
    'breaks off within its answer',
    (r) => {
      r.writeHead(200, { 'content-length': '9' });
      r.write('{', () => r.destroy());
    },
    'unreachable',
    'the connection broke off',
  ],
];

describe('a convention server that', () => {
  const table = rows.map(([what, script, failure, says, status]) => ({ what, script, failure, says, status }));
  it.each(table)('$what is named with what came', async ({ script, failure, says, status }) => {
    await using server = await scriptedServer(pair, script);
    const href = `https://127.0.0.1:${server.port}/`;
    const error = await failureOf({ url: new URL(href), caPem: pair.certPem, timeoutMs: 30_000 });
    expect(error).toMatchObject({ failure, status, code: 'CARTO_CONVENTION_CALL', retry: 'backoff' });
    expect(error.message.startsWith(`POST ${href}?timeout=30s: `)).toBe(true);
    expect(error.message).toContain(says);
    expect(error.message).not.toMatch(/[\r\n]|<html>/);
  });
});
