import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  getPath,
  isList,
  isObject,
  type Json,
  type JsonObject,
  parseYamlDocuments,
  silentLog,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { isYttBuilt } from './testing/built-ytt.ts';
import { COMPARED_TEMPLATES, NATIVE_ANSWERS, type NativeAnswer } from './testing/templates.ts';
import { createYtt, type YttAnswer } from './ytt.ts';

const ytt = createYtt({ clock: createFakeClock(), log: silentLog });
afterAll(() => ytt.close());

function render(template: string, values: JsonObject = {}): Promise<YttAnswer> {
  return ytt.render({ template, values }, new AbortController().signal);
}

async function rendered(template: string, values: JsonObject = {}): Promise<Json | undefined> {
  const answer = await render(template, values);
  if (answer.kind === 'failed') throw new Error(answer.message);
  return parseYamlDocuments(answer.output)[0];
}

describe.skipIf(!(await isYttBuilt()))('ytt', () => {
  describe('beside the ytt command', () => {
    const native = JSON.parse(readFileSync(NATIVE_ANSWERS, 'utf8')) as Readonly<Record<string, NativeAnswer>>;

    it.each(COMPARED_TEMPLATES)('says the same about $name', async ({ name, template, values }) => {
      const answer = await render(template, values);
      const text = answer.kind === 'rendered' ? answer.output : answer.message;
      expect({ kind: answer.kind, text }).toEqual(native[name]);
    });

    it('says the same again in any order: no template leaves anything behind', async () => {
      const order = [...COMPARED_TEMPLATES, ...COMPARED_TEMPLATES.toReversed()];
      const answers = await Promise.all(order.map(({ template, values }) => render(template, values)));
      for (const [index, answer] of answers.entries()) {
        const text = answer.kind === 'rendered' ? answer.output : answer.message;
        expect(text).toBe(native[order[index]?.name ?? '']?.text);
      }
    });
  });

  it('renders the example of docs/ytt.md as it stands there', async () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'ytt.md'), 'utf8');
    const [program = '', stamped] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text);
    const workload = { metadata: { name: 'shop' }, spec: { env: [{ name: 'LEVEL', value: 'debug' }] } };
    const answer = await render(program, { workload, params: { sizes: { s: 1, l: 4 } } });
    expect(answer).toEqual({ kind: 'rendered', output: stamped });
  });

  describe('in what upstream recorded', () => {
    it('renders the template of scenario 50', async () => {
      const { templates } = scenario('50-ytt-happy');
      const spec = getPath(await rendered(templates.get('y') ?? '', SCENARIO_50), 'spec');
      const { keys, workloadKeys, ...rest } = spec as JsonObject;
      expect(rest).toEqual({
        url: 'u',
        named: 'r',
        nested: [1, 'x'],
        int: 5,
        float: 2.5,
        big: 12345678901234567n,
        numparam: 42,
        text: 'x42',
        label: 'y',
        lines: 'one\ntwo\n',
        items: [0, 1],
        tag: '$(not.touched)$',
      });
      expect(keys).toEqual(Object.keys(SCENARIO_50).toSorted());
      expect(workloadKeys).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
    });

    it.each(['51-ytt-missing-key', '52-ytt-syntax-error'])('fails with the texts of %s', async (name) => {
      const { templates, messages } = scenario(name);
      expect(messages.size).toBeGreaterThan(0);
      for (const [resource, message] of messages) {
        const values = { workload: { metadata: { name: 'app' } }, params: {} };
        const answer = await render(templates.get(resource) ?? '', values);
        expect(answer).toEqual({ kind: 'failed', message });
      }
    });

    it('supplies the key at the end of scenario 51', async () => {
      const template = scenario('51-ytt-missing-key').templates.get('y') ?? '';
      const values = { workload: { metadata: { name: 'app' } }, params: { nokey: 'here' } };
      expect(getPath(await rendered(template, values), 'spec', 'p')).toBe('here');
    });

    it('hands on each odd output of scenario 53', async () => {
      const { templates } = scenario('53-ytt-odd-output');
      expect(await render(templates.get('nothing') ?? '')).toEqual({ kind: 'rendered', output: '' });
      expect(await render(templates.get('empty') ?? '')).toEqual({ kind: 'rendered', output: '' });
      expect(await render(templates.get('list') ?? '')).toEqual({ kind: 'rendered', output: '- a\n- b\n' });
      expect(await render(templates.get('scalar') ?? '')).toEqual({ kind: 'rendered', output: 'just text\n' });
    });
  });
});

const SCENARIO_50: JsonObject = {
  workload: { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata: { name: 'app' }, spec: {}, status: {} },
  params: { obj: { a: { b: [1, 'x'] } }, num: 42 },
  source: { url: 'u', revision: 'r', name: 'src' },
  sources: { src: { url: 'u', revision: 'r', name: 'src' } },
  labels: { 'carto.run/resource-name': 'y' },
  images: {},
  configs: {},
  deployment: null,
  deliverable: null,
};

const FAILURE = /for resource \[([^\]]+)\].*: unable to apply ytt template: (.*)$/s;

type Scenario = {
  /** By the name of the resource. */
  readonly templates: ReadonlyMap<string, string>;
  /** By the name of the resource: what stands after `unable to apply ytt template: `. */
  readonly messages: ReadonlyMap<string, string>;
};

function scenario(name: string): Scenario {
  const path = join(import.meta.dirname, '..', '..', 'testkit', 'golden', 'upstream', `${name}.yaml`);
  const [document] = parseYamlDocuments(readFileSync(path, 'utf8'));
  const templates = new Map<string, string>();
  const messages = new Map<string, string>();
  visit(document, (object) => {
    const template = getPath(object, 'spec', 'ytt');
    const name = getPath(object, 'metadata', 'name');
    if (typeof template === 'string' && typeof name === 'string') templates.set(name.replace(/-\d+$/, ''), template);
    const { message } = object;
    const found = typeof message === 'string' ? FAILURE.exec(message) : null;
    if (found !== null) messages.set(found[1] ?? '', found[2] ?? '');
  });
  return { templates, messages };
}

function visit(value: Json | undefined, see: (object: JsonObject) => void): void {
  if (isObject(value)) {
    see(value);
    for (const item of Object.values(value)) visit(item, see);
  } else if (isList(value)) {
    for (const item of value) visit(item, see);
  }
}
