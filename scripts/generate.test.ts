import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultInstallValues, installation } from '@cartographer/controller';
import { getPath, type JsonObject, type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { pullSecretsRights, type ScannerStore, STORE_SIZE, scannerInstallation } from '@cartographer/scanning';
import { objectsIn } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { deployFiles } from './deploy-files.ts';
import { committedFiles, DEPLOY_DIR } from './generate.ts';

const files = deployFiles();
const wanted = installation(defaultInstallValues(packageJson.version));
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

function byName(objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
}

/** What Helm does with the few constructs that the chart uses. */
function rendered(template: string, values: Readonly<Record<string, unknown>>): string {
  const valueOf = (path: string): unknown =>
    path
      .replace('.Values.', '')
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], values);
  const holds = (condition: string): boolean =>
    [...condition.matchAll(/\(not (\.[\w.]+)\)|(\.[\w.]+)/g)].every(([, not, is]) =>
      not === undefined ? Boolean(valueOf(is ?? '')) : !valueOf(not),
    );
  return template
    .replaceAll(/^ *\{\{- range ([\w.]+) \}\}\n([\s\S]*?)^ *\{\{- end \}\}\n/gm, (_, path: string, body: string) =>
      (valueOf(path) as readonly string[])
        .map((item) => body.replaceAll('{{ toJson . }}', JSON.stringify(item)).replaceAll('{{ . }}', item))
        .join(''),
    )
    .replace(/\{\{- if (.+) \}\}\n([\s\S]*)\{\{- end \}\}\n/, (_, condition: string, body: string) =>
      holds(condition) ? body : '',
    )
    .replaceAll(/\{\{ toJson (\.Values\.[\w.]+) \}\}/g, (_, path: string) => JSON.stringify(valueOf(path)))
    .replaceAll(/\{\{ (\.Values\.[\w.]+) \}\}/g, (_, path: string) => String(valueOf(path)))
    .replaceAll(/\{\{ \$?\.Release\.Namespace \}\}/g, 'cartographer-system');
}

/** The scanner as it is installed with SQLite, and with PostgreSQL. */
function scanner(store: ScannerStore, flags: readonly string[] = []): readonly KubeObject[] {
  const { namespace, image, version } = defaultInstallValues(packageJson.version);
  return scannerInstallation({ namespace, image, version, store, flags });
}
const VOLUME = { kind: 'volume', size: STORE_SIZE } as const;
const DATABASE = { kind: 'database', secret: 'cartographer-scanner-database', replicas: 2 } as const;

describe('deploy/', () => {
  it('holds what `npm run generate` writes', () => {
    const committed = committedFiles().map((name) => [name, readFileSync(join(DEPLOY_DIR, name), 'utf8')] as const);
    expect(new Map(committed), 'write it anew: npm run generate').toEqual(new Map(files));
  });

  it('names every object once, in the rendered file as in the base', () => {
    const base = [...files].filter(([name]) => /^base\/(?!kustomization)/.test(name));
    const fromBase = byName(base.flatMap(([, text]) => objectsIn(text)));
    const single = objectsIn(files.get('cartographer.yaml') ?? '');
    expect(byName(single)).toEqual(fromBase);
    expect(single).toHaveLength(fromBase.size);
    expect(single).toEqual(wanted);
  });

  it('asks for nothing that the restricted Pod Security level forbids', () => {
    const deployments = [...wanted, ...scanner(VOLUME), ...scanner(DATABASE)].filter(
      ({ kind }) => kind === 'Deployment',
    );
    expect(deployments).toHaveLength(3);
    for (const deployment of deployments) {
      const { securityContext, containers } = getPath(deployment, 'spec', 'template', 'spec') as {
        securityContext: JsonObject;
        containers: { securityContext: JsonObject }[];
      };
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of containers) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('has a Helm chart that renders to the same objects', () => {
    const chart = [...files].filter(([name]) => name.startsWith('helm/cartographer/'));
    const [values] = parseYamlDocuments(files.get('helm/cartographer/values.yaml') ?? '') as [Record<string, unknown>];
    const templates = chart.filter(([name]) => name.includes('/templates/'));
    const objects = templates.flatMap(([, text]) => objectsIn(rendered(text, values)));
    const crds = chart.filter(([name]) => name.includes('/crds/')).flatMap(([, text]) => objectsIn(text));
    const withoutNamespace = wanted.filter(({ kind }) => kind !== 'Namespace');
    expect(byName([...objects, ...crds])).toEqual(byName(withoutNamespace));
    const off = { ...values, webhooks: { enabled: false }, serviceMonitor: { enabled: true } };
    const kinds = templates.flatMap(([, text]) => objectsIn(rendered(text, off))).map(({ kind }) => kind);
    expect(kinds).toContain('ServiceMonitor');
    expect(kinds).not.toContain('ValidatingWebhookConfiguration');
  });

  it.each([
    ['SQLite', VOLUME, {}],
    ['PostgreSQL', DATABASE, { database: DATABASE.secret }],
  ])('has a Helm chart that adds the scanner with %s when it is asked to', (_name, store, more) => {
    const [values] = parseYamlDocuments(files.get('helm/cartographer/values.yaml') ?? '') as [
      { readonly scanner: object },
    ];
    const [pullSecretsIn, flags] = [['shop', 'team'], ['--source-hosts=flux.example.com']];
    const on = { ...values, scanner: { ...values.scanner, enabled: true, pullSecretsIn, flags, ...more } };
    const objects = [...files]
      .filter(([name]) => name.startsWith('helm/cartographer/templates/'))
      .flatMap(([, text]) => objectsIn(rendered(text, on)));
    const keep = { 'helm.sh/resource-policy': 'keep' };
    const inChart = (object: KubeObject): KubeObject => {
      if (object.kind !== 'CustomResourceDefinition') return object;
      const { metadata } = object;
      return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...keep } } };
    };
    const rights = pullSecretsRights('cartographer-system', pullSecretsIn);
    const crds = wanted.filter(({ kind }) => kind === 'CustomResourceDefinition' || kind === 'Namespace');
    const all = [
      ...wanted.filter((object) => !crds.includes(object)),
      ...scanner(store, flags).map(inChart),
      ...rights,
    ];
    const place = (object: KubeObject) => `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`;
    expect(new Map(objects.map((object) => [place(object), object]))).toEqual(
      new Map(all.map((object) => [place(object), object])),
    );
    expect(objects).toHaveLength(all.length);
  });

  it.skipIf(!hasKubectl)('builds with kustomize, alone and with its components', () => {
    const build = (dir: string): string => spawnSync('kubectl', ['kustomize', dir], { encoding: 'utf8' }).stdout;
    for (const [name, store] of [['with-scanner', VOLUME] as const, ['with-scanner-database', DATABASE] as const]) {
      const built = byName(objectsIn(build(join(DEPLOY_DIR, name))));
      expect(built).toEqual(byName([...wanted, ...scanner(store)]));
    }
    expect(byName(objectsIn(build(join(DEPLOY_DIR, 'base'))))).toEqual(byName(wanted));
    const all = byName(objectsIn(build(join(DEPLOY_DIR, 'with-components'))));
    expect([...all.keys()]).toEqual(expect.arrayContaining(['ServiceMonitor/cartographer-controller']));
    expect(JSON.stringify(all.get('Deployment/cartographer-controller'))).toContain('--webhooks-cert-dir=/cert');
  });
});
