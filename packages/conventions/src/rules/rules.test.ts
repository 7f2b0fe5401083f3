import { Buffer } from 'node:buffer';
import type { Bom, ImageFacts, PodTemplateSpec } from '@cartographer/convention-sdk';
import { deepFreeze } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleSpec } from '../kinds/rule-spec.ts';
import { applyRules, type RulesApplied } from './apply-rules.ts';
import { compileRules } from './compile-rules.ts';
import { ConventionRuleError } from './rule-error.ts';

const JAVA = 'r.example/java@sha256:1';
const NODE = 'r.example/node@sha256:2';

function bom(...purls: readonly string[]): Bom {
  const components = purls.map((purl) => ({ type: 'library', name: purl, version: '1', purl }));
  const document = { bomFormat: 'CycloneDX', specVersion: '1.5', components };
  return { name: 'cnb-app:/sbom.cdx.json', raw: Buffer.from(JSON.stringify(document)).toString('base64') };
}

const FACTS: readonly ImageFacts[] = deepFreeze([
  {
    image: JAVA,
    config: {
      os: 'linux',
      architecture: 'amd64',
      config: {
        Labels: { 'io.buildpacks.stack.id': 'jammy' },
        Env: ['JAVA_HOME=/jvm', 'A=b=c', 'BARE'],
        ExposedPorts: { '9000/tcp': {}, '8080/tcp': {} },
        Entrypoint: ['java'],
        User: '1000',
      },
    },
    boms: [bom('pkg:maven/org.springframework.boot/spring-boot@3.2.0')],
  },
  { image: NODE, config: {} },
]);
const TEMPLATE: PodTemplateSpec = deepFreeze({
  metadata: { labels: { app: 'own' } },
  spec: {
    containers: [
      { name: 'web', image: JAVA, env: [{ name: 'MODE', value: 'own' }], resources: { limits: { cpu: '1' } } },
      { name: 'side', image: NODE, readinessProbe: { tcpSocket: { port: 1 } } },
    ],
    initContainers: [{ name: 'init', image: JAVA }],
  },
});
const INTENT = { name: 'shop', namespace: 'team', labels: { 'app.kubernetes.io/part-of': 'store' } };

function applied(rules: readonly RuleSpec[], template = TEMPLATE): RulesApplied {
  return applyRules(compileRules(rules), { template, images: FACTS, intent: INTENT });
}

function failureOf(action: () => unknown): ConventionRuleError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConventionRuleError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

const probe = { httpGet: { path: '/healthz', port: 8080 } };

describe('rules', () => {
  it('add to containers whose image is of a kind, and leave every other byte', () => {
    const when =
      "image.packages.exists(p, p.name == 'org.springframework.boot:spring-boot') && image.env['A'] == 'b=c'";
    const result = applied([{ name: 'probes', forEach: 'Container', when, apply: { readinessProbe: probe } }]);
    expect(result.applied).toEqual(['probes']);
    const [web, side] = result.template.spec.containers;
    expect(web).toEqual({ ...TEMPLATE.spec.containers[0], readinessProbe: probe });
    expect(side).toBe(TEMPLATE.spec.containers[1]);
    expect(result.template.spec.initContainers).toBe(TEMPLATE.spec.initContainers);
    expect(result.template.metadata).toBe(TEMPLATE.metadata);
  });

  it('keep what the user has set, whole where only the whole makes sense, unless they override', () => {
    const apply = { readinessProbe: probe, env: [{ name: 'MODE', valueFrom: { fieldRef: { fieldPath: 'a' } } }] };
    const keep = applied([{ name: 'r', forEach: 'Container', apply }]).template.spec.containers;
    expect(keep[0]?.['env']).toEqual([{ name: 'MODE', value: 'own' }]);
    expect(keep[1]?.['readinessProbe']).toEqual({ tcpSocket: { port: 1 } });
    const override = applied([{ name: 'r', forEach: 'Container', apply, onConflict: 'Override' }]).template.spec
      .containers;
    expect(override[0]?.['env']).toEqual(apply.env);
    expect(override[1]?.['readinessProbe']).toEqual(probe);
  });

  it('give every pod a container and its volume, behind those that are there', () => {
    const apply = {
      metadata: {
        labels: '$(intent.labels)$',
        annotations: { note: '$(intent.namespace)$/$(intent.name)$ has $(size(images))$' },
      },
      spec: {
        containers: [{ name: 'agent', image: 'agent:1', volumeMounts: [{ name: 'logs', mountPath: '/logs' }] }],
        volumes: [{ name: 'logs', emptyDir: {} }],
      },
    };
    const { template } = applied([{ name: 'agent', apply }]);
    expect(template.spec.containers.map(({ name }) => name)).toEqual(['web', 'side', 'agent']);
    expect(template.spec['volumes']).toEqual(apply.spec.volumes);
    expect(template.metadata).toEqual({
      labels: { app: 'own', 'app.kubernetes.io/part-of': 'store' },
      annotations: { note: 'team/shop has 2' },
    });
  });

  it('see what the rules before them made; of the image of a container that one of these added nothing is known', () => {
    const rules: RuleSpec[] = [
      { name: 'agent', apply: { spec: { containers: [{ name: 'agent', image: 'agent:1' }] } } },
      { name: 'os', forEach: 'Container', when: "image.os == ''", apply: { env: [{ name: 'OS', value: 'none' }] } },
      { name: 'all', forEach: 'Container', apply: { tty: '$(size(template.spec.containers) == 3)$' } },
    ];
    const { template, applied: names } = applied(rules);
    expect(names).toEqual(['agent', 'os', 'all']);
    expect(template.spec.containers.map((each) => [each['env'] !== undefined, each['tty']])).toEqual([
      [true, true],
      [true, true],
      [false, true],
    ]);
    expect(template.spec.containers[0]?.['env']).toEqual([{ name: 'MODE', value: 'own' }]);
  });

  it('say nothing of themselves where they changed nothing', () => {
    const result = applied([
      { name: 'not', when: 'false', apply: { metadata: { labels: { x: 'y' } } } },
      { name: 'there', apply: { metadata: { labels: { app: 'mine' } } } },
      { name: 'null', apply: { metadata: { labels: { x: '$(null)$' } } } },
    ]);
    expect(result).toEqual({ template: TEMPLATE, applied: [], warnings: [] });
    expect(result.template).toBe(TEMPLATE);
  });

  it.each([
    ['$(image.ports)$', ['8080/tcp', '9000/tcp']],
    [
      '$(image.entrypoint + image.cmd + [image.user, image.architecture, image.workingDir])$',
      ['java', '1000', 'amd64', ''],
    ],
    ['$(image.config.config.Env.size())$', 3],
    [
      "$(image.packages[0].type + ' ' + image.packages[0].ecosystem + ' ' + image.packages[0].version)$",
      'maven Maven 3.2.0',
    ],
    ["$(image.labels['io.buildpacks.stack.id'].matches('^(jammy|noble)$'))$", true],
    ['$(HOME)/x', '$(HOME)/x'],
    ["$('$(A)$(B)')$", '$(A)$(B)'],
    ['a$(1 + 1)$b$(true)$c', 'a2btruec'],
    ['$(container.name)$', 'web'],
    ["$({'x': [null, 1.5]})$", { x: [null, 1.5] }],
  ])('%s gives a value', (text, value) => {
    const { template } = applied([
      { name: 'r', forEach: 'Container', when: "container.name == 'web'", apply: { special: text } },
    ]);
    expect(template.spec.containers[0]?.['special']).toEqual(value);
  });

  it.each<[RuleSpec, RegExp]>([
    [
      { name: 'r', when: 'images ==', apply: { a: 1 } },
      /^spec\.rules\[0\]\.when: "images ==" does not compile: .*1:\d/,
    ],
    [
      { name: 'r', when: 'container.name == "x"', apply: { a: 1 } },
      /undeclared reference to 'container'; it may read template, intent, images$/,
    ],
    [
      { name: 'r', apply: { spec: { containers: [{ name: 'a', env: [{ name: 'B', value: '$(nope)$' }] }] } } },
      /^spec\.rules\[0\]\.apply\.spec\.containers\[0\]\.env\[0\]\.value: "nope" does not compile/,
    ],
    [
      { name: 'r', apply: { metadata: { labels: { 'a.b/c': 'x$(1 +)$' } } } },
      /apply\.metadata\.labels\["a\.b\/c"\]: "1 \+" does not/,
    ],
    [{ name: 'r', apply: {} }, /adds nothing/],
    [{ name: 'r', forEach: 'Container', apply: { name: 'x' } }, /keeps its name/],
  ])('do not compile: %j', (rule, message) => {
    expect(failureOf(() => compileRules([rule])).message).toMatch(message);
  });

  const loops = '[1,2,3,4,5,6,7,8,9,10]';
  const endless = Array.from({ length: 8 }).reduce<string>(
    (inner, _each, at) => `${loops}.all(v${at}, ${inner})`,
    'size(images) > 0',
  );
  it.each<[string, RuleSpec, RegExp]>([
    [
      'throw',
      { name: 'r', forEach: 'Container', when: "image.labels['x'] == 'y'", apply: { a: 1 } },
      /^spec\.rules\[0\]\.when: no such key: x for container "web"; ask first whether it is there, with `in` or has\(\)$/,
    ],
    [
      'loop',
      { name: 'r', when: endless, apply: { a: 1 } },
      /^spec\.rules\[0\]\.when: costs more than an expression may/,
    ],
    ['answer something else', { name: 'r', when: "'yes'", apply: { a: 1 } }, /neither true nor false/],
    [
      'write a map into a text',
      { name: 'r', apply: { metadata: { labels: { a: 'x$(intent)$' } } } },
      /has to give a text, a number or a boolean/,
    ],
    [
      'give a label that is a number',
      { name: 'r', apply: { metadata: { labels: { a: '$(1)$' } } } },
      /apply: \.metadata\.labels\.a: expected string/,
    ],
    [
      'name a field that no template has',
      { name: 'r', apply: { spec: {}, status: {} } },
      /\.status: field not declared/,
    ],
    [
      'leave the key of an item out',
      { name: 'r', forEach: 'Container', apply: { env: [{ value: 'x' }] } },
      /omits key field "name"/,
    ],
    [
      'name an item twice',
      { name: 'r', forEach: 'Container', apply: { env: [{ name: 'A' }, { name: 'A' }] } },
      /duplicate entries/,
    ],
    [
      'add half a container',
      { name: 'r', apply: { spec: { containers: [{ name: 'wbe', tty: true }] } } },
      /there is no container "wbe", and one without an image cannot be added/,
    ],
  ])('end in an error that names the place when they %s', (_how, rule, message) => {
    expect(failureOf(() => applied([rule])).message).toMatch(message);
  });

  it('share what they may cost on one template', () => {
    const costly = Array.from({ length: 5 }).reduce<string>(
      (inner, _each, at) => `${loops}.all(v${at}, ${inner})`,
      'true',
    );
    const rules = Array.from(
      { length: 64 },
      (_each, at): RuleSpec => ({ name: `r${at}`, when: costly, apply: { metadata: {} } }),
    );
    const last = failureOf(() => applied(rules));
    expect(last.message).toMatch(/costs more than an expression may/);
    expect(last.path).not.toBe('spec.rules[0].when');
  });

  it('warn of an image whose bills cannot be read, if they ask for packages, and ask for bills only then', () => {
    const broken: ImageFacts = {
      image: NODE,
      config: {},
      boms: [{ name: 'cnb-app:/x', raw: Buffer.from('<x/>').toString('base64') }],
    };
    const run = (when: string) => {
      const compiled = compileRules([{ name: 'r', when, apply: { metadata: {} } }]);
      return { ...compiled, ...applyRules(compiled, { template: TEMPLATE, images: [broken], intent: INTENT }) };
    };
    expect(run('images.exists(i, i.packages.size() > 0)')).toMatchObject({
      readsPackages: true,
      warnings: [expect.stringMatching(/^bill of material cnb-app:\/x of r\.example\/node@sha256:2 is XML/)],
    });
    expect(run('images.exists(i, i.os == "x")')).toMatchObject({ readsPackages: false, warnings: [] });
  });
});

describe('the laws of rules', () => {
  const key = fc.constantFrom('web', 'side', 'agent', 'other');
  const small = fc.constantFrom('1', '2', '$(intent.name)$', '$(string(size(images)))$');
  const part = fc.record(
    {
      image: fc.constantFrom('x:1', JAVA),
      env: fc.uniqueArray(fc.record({ name: key, value: small }), { selector: ({ name }) => name }),
      ports: fc.uniqueArray(fc.record({ containerPort: fc.integer({ min: 1, max: 3 }) }), {
        selector: ({ containerPort }) => containerPort,
      }),
      livenessProbe: fc.record({ httpGet: fc.record({ path: small }) }),
      args: fc.array(small, { maxLength: 2 }),
      securityContext: fc.record({ runAsNonRoot: fc.boolean() }, { requiredKeys: [] }),
    },
    { requiredKeys: ['image'] },
  );
  const container = fc.tuple(key, part).map(([name, rest]) => ({ name, ...rest }));
  const onConflict = fc.constantFrom('Keep' as const, 'Override' as const);
  const rule = fc.oneof(
    fc.record({
      forEach: fc.constant('Container' as const),
      when: fc.constantFrom('true', "container.name == 'side'", "image.os == 'linux'"),
      apply: part.filter((each) => Object.keys(each).length > 0),
      onConflict,
    }),
    fc.record({
      when: fc.constantFrom('true', "images.exists(i, i.os == 'linux')"),
      apply: fc.record({
        metadata: fc.record({ labels: fc.dictionary(key, small) }),
        spec: fc.record({
          containers: fc.uniqueArray(container, { selector: ({ name }) => name }),
          volumes: fc.uniqueArray(fc.record({ name: key, emptyDir: fc.constant({}) }), {
            selector: ({ name }) => name,
          }),
        }),
      }),
      onConflict,
    }),
  );
  const rules = fc
    .array(rule, { maxLength: 4 })
    .map((all) => all.map((each, at): RuleSpec => ({ name: `r${at}`, ...each })));
  const template = fc
    .uniqueArray(container, { selector: ({ name }) => name, minLength: 1 })
    .map((containers): PodTemplateSpec => ({ spec: { containers } }));

  it('rules that keep come to rest, in no more rounds than there are rules', () => {
    fc.assert(
      fc.property(rules, template, (all, before) => {
        const keeping = all.map((each): RuleSpec => ({ ...each, onConflict: 'Keep' }));
        // A rule for each container applies to those, too, that a later one adds.
        const last = keeping.reduce((so) => applied(keeping, so).template, before);
        expect(applied(keeping, last)).toMatchObject({ template: last, applied: [] });
      }),
    );
  });

  it('one rule changes nothing the second time', () => {
    fc.assert(
      fc.property(rule, template, (each, before) => {
        // A rule that gives a container another image is not for that container any more.
        const once = applied([{ name: 'r', ...each, when: 'true' }], before).template;
        expect(applied([{ name: 'r', ...each, when: 'true' }], once).applied).toEqual([]);
      }),
    );
  });

  it('nothing that the user set is changed by rules that keep, and no container moves', () => {
    fc.assert(
      fc.property(rules, template, (all, before) => {
        deepFreeze(before);
        const { template: after } = applied(
          all.map((each): RuleSpec => ({ ...each, onConflict: 'Keep' })),
          before,
        );
        for (const [at, own] of before.spec.containers.entries()) {
          const now = after.spec.containers[at];
          expect(now).toMatchObject({ ...own, ...listsOf(own, now) });
        }
      }),
    );
  });

  it('containers that no rule is about are the same object', () => {
    fc.assert(
      fc.property(rules, template, (all, before) => {
        const aside = all.map(
          (each): RuleSpec => ({
            ...each,
            forEach: 'Container',
            when: "container.name == 'web'",
            apply: { env: [{ name: 'X', value: 'y' }] },
          }),
        );
        const { template: after } = applied(aside, before);
        for (const [at, own] of before.spec.containers.entries()) {
          if (own.name !== 'web') expect(after.spec.containers[at]).toBe(own);
        }
      }),
    );
  });
});

/** The keyed lists of a container as they are now, if they begin with what the user had there. */
function listsOf(own: object, now: object | undefined): object {
  return Object.fromEntries(
    (['env', 'ports'] as const).flatMap((list) => {
      const before = Object.entries(own).find(([name]) => name === list)?.[1] as unknown[] | undefined;
      const after = Object.entries(now ?? {}).find(([name]) => name === list)?.[1] as unknown[] | undefined;
      if (before === undefined) return [];
      expect(after?.slice(0, before.length)).toEqual(before);
      return [[list, after]];
    }),
  );
}
