import { Buffer } from 'node:buffer';
import type { ImageFacts, PodTemplateSpec } from '@cartographer/convention-sdk';
import { type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { readConvention } from '../../packages/conventions/src/kinds/read.ts';
import { applyRules } from '../../packages/conventions/src/rules/apply-rules.ts';
import { compileRules } from '../../packages/conventions/src/rules/compile-rules.ts';
import { podTemplateSchema } from '../../packages/conventions/src/rules/pod-merge-schema.ts';
import { imageWithPackages } from '../../packages/conventions/src/rules/rule-facts.ts';
import { codeSpans, readDoc, section, tableRows } from './markdown.ts';

const page = readDoc('convention-rules.md');
const YAML = '```yaml\n(.*?)^```';
const EXAMPLE = new RegExp(`^<!-- example -->\n${YAML}\n.*?${YAML}\n\nbecomes\n\n${YAML}`, 'gms');
const INTENT = { name: 'shop', namespace: 'team', labels: { team: 'blue', 'app.kubernetes.io/part-of': 'store' } };

const bill = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  components: [{ name: 'spring-boot', version: '3.2.0', purl: 'pkg:maven/org.springframework.boot/spring-boot@3.2.0' }],
};
const SHOP: ImageFacts = {
  image: 'registry.example.com/shop',
  config: { os: 'linux', architecture: 'amd64', config: {} },
  boms: [{ name: 'cnb-app:/sbom.cdx.json', raw: Buffer.from(JSON.stringify(bill)).toString('base64') }],
};
const PROXY: ImageFacts = { image: 'registry.example.com/proxy', config: {} };

function only(text: string): unknown {
  return parseYamlDocuments(text)[0];
}

describe('docs/convention-rules.md', () => {
  const examples = [...page.matchAll(EXAMPLE)].map(([, convention = '', before = '', after = '']) => ({
    convention: only(convention) as KubeObject,
    before: only(before) as PodTemplateSpec,
    after: only(after) as PodTemplateSpec,
  }));

  it('has examples, and no YAML beside them', () => {
    expect(examples).toHaveLength([...page.matchAll(/^```yaml$/gm)].length / 3);
    expect(examples.length).toBeGreaterThan(2);
  });

  it.each(examples.map((example) => [example.convention.metadata.name ?? '', example] as const))(
    'makes of a template what it says: %s',
    (_name, { convention, before, after }) => {
      const read = readConvention(convention);
      if (read.kind === 'wrong' || !('rules' in read.value.does)) throw new Error(JSON.stringify(read));
      const images = [SHOP, PROXY].filter(({ image }) => before.spec.containers.some((each) => each.image === image));
      const { template } = applyRules(compileRules(read.value.does.rules), {
        template: before,
        images,
        intent: INTENT,
      });
      expect(template).toEqual(after);
      expect(template.spec.containers.map(({ name }) => name)).toEqual(after.spec.containers.map(({ name }) => name));
    },
  );

  it('names all that an image has', () => {
    const named = tableRows(section(page, 'What expressions read'), 'field').flatMap(([field = '']) =>
      codeSpans(field),
    );
    expect(named.toSorted()).toEqual(Object.keys(imageWithPackages(SHOP).value).toSorted());
  });

  it('names all lists that are merged by keys, and their keys', () => {
    const told = new Map(
      tableRows(page, 'list').flatMap(([lists = '', key = '']) =>
        codeSpans(lists).map((list) => [list, codeSpans(key)] as const),
      ),
    );
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(keyedLists()));
  });
});

/** The lists with keys of a pod and of its containers. */
function keyedLists(): ReadonlyMap<string, readonly string[]> {
  const pod = podTemplateSchema.map?.fields.get('spec')?.map?.fields ?? new Map();
  const container = pod.get('containers')?.list?.element.map?.fields ?? new Map();
  return new Map(
    [...pod, ...container].flatMap(([name, { list }]) => (list?.relation === 'map' ? [[name, list.keys]] : [])),
  );
}
