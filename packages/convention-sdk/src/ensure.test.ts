import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DraftContainer, DraftTemplate, Probe } from './draft.ts';
import { ensureAnnotation, ensureEnv, ensureLabel, ensurePort, ensureProbe, ensureResources } from './ensure.ts';

const http: Probe = { httpGet: { path: '/live', port: 8080 }, periodSeconds: 5 };

describe('a default for a container', () => {
  it('is an environment variable, unless there is one of its name', () => {
    const container: DraftContainer = { name: 'a', env: [{ name: 'MINE', value: '' }] };
    expect([ensureEnv(container, 'MINE', 'x'), ensureEnv(container, 'NEW', 'y')]).toEqual([false, true]);
    const valueFrom = { fieldRef: { fieldPath: 'metadata.name' } };
    expect(ensureEnv(container, 'POD', { valueFrom })).toBe(true);
    expect(container.env).toEqual([
      { name: 'MINE', value: '' },
      { name: 'NEW', value: 'y' },
      { name: 'POD', valueFrom },
    ]);
  });

  it('is a probe, unless there is one that asks', () => {
    const container: DraftContainer = {
      name: 'a',
      livenessProbe: { exec: { command: ['true'] } },
      readinessProbe: { periodSeconds: 1 },
    };
    expect(ensureProbe(container, 'livenessProbe', http)).toBe(false);
    expect(ensureProbe(container, 'readinessProbe', http)).toBe(true);
    expect(ensureProbe(container, 'startupProbe', http)).toBe(true);
    expect(container).toEqual({
      name: 'a',
      livenessProbe: { exec: { command: ['true'] } },
      readinessProbe: { httpGet: { path: '/live', port: 8080 }, periodSeconds: 1 },
      startupProbe: http,
    });
    container.startupProbe!.httpGet!.path = '/mine';
    expect(http.httpGet?.path).toBe('/live');
  });

  it('is a request and a limit of a resource that the container says nothing about', () => {
    const container: DraftContainer = { name: 'a', resources: { limits: { memory: '64Mi' } } };
    const defaults = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } };
    expect(ensureResources(container, defaults)).toBe(true);
    expect(container.resources).toEqual({ limits: { memory: '64Mi' }, requests: { cpu: '100m' } });
    expect(ensureResources(container, defaults)).toBe(false);
    const bare: DraftContainer = { name: 'b', resources: {} };
    expect(ensureResources(bare, defaults)).toBe(true);
    expect(bare.resources).toEqual(defaults);
  });

  it('is a port, unless its number or its name is taken', () => {
    const container: DraftContainer = {
      name: 'a',
      ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }],
    };
    expect(ensurePort(container, { containerPort: 80 })).toBe(false);
    expect(ensurePort(container, { containerPort: 8080, name: 'http' })).toBe(false);
    expect(ensurePort(container, { containerPort: 9090 })).toBe(true);
    expect(container.ports?.map(({ containerPort }) => containerPort)).toEqual([80, 81, 9090]);
  });
});

describe('a default for pods', () => {
  it('is a label or an annotation, unless they have it', () => {
    const template: DraftTemplate = { metadata: { name: 'n', labels: { a: 'mine' } }, spec: { containers: [] } };
    expect([ensureLabel(template, 'a', 'x'), ensureLabel(template, 'b', 'y')]).toEqual([false, true]);
    expect([ensureAnnotation(template, 'constructor', 'z'), ensureAnnotation(template, 'constructor', 'w')]).toEqual([
      true,
      false,
    ]);
    expect(template.metadata).toEqual({ name: 'n', labels: { a: 'mine', b: 'y' }, annotations: { constructor: 'z' } });
  });
});

// Made up: which of a few names are set, not every shape of Kubernetes' containers.
describe('defaults that are given twice', () => {
  const name = fc.constantFrom('cpu', 'memory', 'storage');
  const amounts = fc.dictionary(name, fc.constantFrom('1', '2Gi', '100m'));
  const resources = fc.record({ requests: amounts, limits: amounts }, { requiredKeys: [] });
  const probe = fc.record(
    { periodSeconds: fc.nat(9), tcpSocket: fc.record({ port: fc.nat(9) }) },
    { requiredKeys: [] },
  );
  const container = fc.record(
    { name: fc.constant('a'), resources, livenessProbe: probe, env: fc.uniqueArray(fc.record({ name })) },
    { requiredKeys: ['name'] },
  );

  it('are those that are given once, and take nothing away', () => {
    fc.assert(
      fc.property(container, resources, probe, name, (has, defaults, asks, variable) => {
        const draft: DraftContainer = structuredClone(has);
        const ensure = (): boolean[] => [
          ensureResources(draft, defaults),
          ensureProbe(draft, 'livenessProbe', { ...asks, tcpSocket: { port: 1 } }),
          ensureEnv(draft, variable, 'x'),
        ];
        ensure();
        const once = structuredClone(draft);
        expect(ensure()).toEqual([false, false, false]);
        expect(draft).toEqual(once);
        const { env: _env, ...rest } = has;
        expect(draft).toMatchObject(rest);
        expect(draft.env?.slice(0, has.env?.length ?? 0)).toEqual(has.env ?? []);
      }),
    );
  });
});
