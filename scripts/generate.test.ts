import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultInstallValues, installation } from '@cartographer/controller';
import { type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { deployFiles } from './deploy-files.ts';
import { committedFiles, DEPLOY_DIR } from './generate.ts';

const files = deployFiles();
const wanted = installation(defaultInstallValues(packageJson.version));
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

function objectsOf(text: string): readonly KubeObject[] {
  return parseYamlDocuments(text) as unknown as readonly KubeObject[];
}

function byName(objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
}

/** What Helm does with the few constructs that the chart uses. */
function rendered(template: string, values: Readonly<Record<string, unknown>>): string {
  const valueOf = (path: string): unknown =>
    path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], values);
  return template
    .replace(/\{\{- if \.Values\.([\w.]+) \}\}\n([\s\S]*)\{\{- end \}\}\n/, (_, path: string, body: string) =>
      valueOf(path) === true ? body : '',
    )
    .replaceAll(/\{\{ toJson \.Values\.([\w.]+) \}\}/g, (_, path: string) => JSON.stringify(valueOf(path)))
    .replaceAll(/\{\{ \.Values\.([\w.]+) \}\}/g, (_, path: string) => String(valueOf(path)))
    .replaceAll('{{ .Release.Namespace }}', 'cartographer-system');
}

describe('deploy/', () => {
  it('holds what `npm run generate` writes', () => {
    const committed = committedFiles().map((name) => [name, readFileSync(join(DEPLOY_DIR, name), 'utf8')] as const);
    expect(new Map(committed), 'write it anew: npm run generate').toEqual(new Map(files));
  });

  it('names every object once, in the rendered file as in the base', () => {
    const base = [...files].filter(([name]) => /^base\/(?!kustomization)/.test(name));
    const fromBase = byName(base.flatMap(([, text]) => objectsOf(text)));
    const single = objectsOf(files.get('cartographer.yaml') ?? '');
    expect(byName(single)).toEqual(fromBase);
    expect(single).toHaveLength(fromBase.size);
    expect(single).toEqual(wanted);
  });

  it('asks for nothing that the restricted Pod Security level forbids', () => {
    const deployment = wanted.find(({ kind }) => kind === 'Deployment') as unknown as {
      spec: { template: { spec: { securityContext: object; containers: { securityContext: object }[] } } };
    };
    const { securityContext, containers } = deployment.spec.template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of containers) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('has a Helm chart that renders to the same objects', () => {
    const chart = [...files].filter(([name]) => name.startsWith('helm/cartographer/'));
    const [values] = parseYamlDocuments(files.get('helm/cartographer/values.yaml') ?? '') as [Record<string, unknown>];
    const templates = chart.filter(([name]) => name.includes('/templates/'));
    const objects = templates.flatMap(([, text]) => objectsOf(rendered(text, values)));
    const crds = chart.filter(([name]) => name.includes('/crds/')).flatMap(([, text]) => objectsOf(text));
    const withoutNamespace = wanted.filter(({ kind }) => kind !== 'Namespace');
    expect(byName([...objects, ...crds])).toEqual(byName(withoutNamespace));
    const off = { ...values, webhooks: { enabled: false }, serviceMonitor: { enabled: true } };
    const kinds = templates.flatMap(([, text]) => objectsOf(rendered(text, off))).map(({ kind }) => kind);
    expect(kinds).toContain('ServiceMonitor');
    expect(kinds).not.toContain('ValidatingWebhookConfiguration');
  });

  it.skipIf(!hasKubectl)('builds with kustomize, alone and with its components', () => {
    const build = (dir: string): string => spawnSync('kubectl', ['kustomize', dir], { encoding: 'utf8' }).stdout;
    expect(byName(objectsOf(build(join(DEPLOY_DIR, 'base'))))).toEqual(byName(wanted));
    const all = byName(objectsOf(build(join(DEPLOY_DIR, 'with-components'))));
    expect([...all.keys()]).toEqual(expect.arrayContaining(['ServiceMonitor/cartographer-controller']));
    expect(JSON.stringify(all.get('Deployment/cartographer-controller'))).toContain('--webhooks-cert-dir=/cert');
  });
});
