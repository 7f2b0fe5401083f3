/**
 * `npm run generate:definitions`: writes the definitions of other tools' kinds in `golden/definitions` from their Go
 * modules. Needs Go, and downloads 300 MB the first time. Of each, the stored version is kept, and no descriptions: a
 * server judges objects by the rest.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isList, isObject, type Json, type JsonObject, parseYamlDocuments, toYaml } from '@cartographer/machinery';

/** A Go module that holds definitions. */
type DefinitionSource = {
  readonly tool: string;
  readonly module: string;
  readonly version: string;
  /** The hash of the module's files, as a go.sum has it. */
  readonly sum: string;
  readonly files: readonly string[];
  /** The names of the definitions that are taken. */
  readonly names: readonly string[];
};

const SOURCES: readonly DefinitionSource[] = [
  {
    tool: 'Flux source-controller',
    module: 'github.com/fluxcd/source-controller',
    version: 'v1.7.0',
    sum: 'h1:/fBgS4CSmT5Jj/fjQDF92y+pC3gst1GJjgNSzY8Ff9I=',
    files: [
      'config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml',
      'config/crd/bases/source.toolkit.fluxcd.io_ocirepositories.yaml',
    ],
    names: ['gitrepositories.source.toolkit.fluxcd.io', 'ocirepositories.source.toolkit.fluxcd.io'],
  },
  {
    tool: 'Flux kustomize-controller',
    module: 'github.com/fluxcd/kustomize-controller',
    version: 'v1.7.3',
    sum: 'h1:SzNnGn/4ObAPEHHleM5U7y/AKxKXph3Vj6ZhteeXw8M=',
    files: ['config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml'],
    names: ['kustomizations.kustomize.toolkit.fluxcd.io'],
  },
  {
    tool: 'kpack',
    module: 'github.com/pivotal/kpack',
    version: 'v0.17.0',
    sum: 'h1:pIlg/yvrp3YzoZZLOyG5mDxoYnobVtiDd0YDugdQS1M=',
    files: ['config/image.yaml'],
    names: ['images.kpack.io'],
  },
  {
    tool: 'Shipwright Build',
    module: 'github.com/shipwright-io/build',
    version: 'v0.17.0',
    sum: 'h1:mS/L5ES6kzsqzPRzoL+WKii5TGLuxO9AvxJ24XHBVC8=',
    files: ['deploy/crds/shipwright.io_buildruns.yaml'],
    names: ['buildruns.shipwright.io'],
  },
  {
    tool: 'Tekton Pipelines',
    module: 'github.com/tektoncd/pipeline',
    version: 'v1.6.0',
    sum: 'h1:A+D+jzOVl2QNl/yiNT7csVgBUy2wpz6K6+/D4q5lfss=',
    files: ['config/300-crds/300-pipelinerun.yaml', 'config/300-crds/300-taskrun.yaml'],
    names: ['pipelineruns.tekton.dev', 'taskruns.tekton.dev'],
  },
  {
    tool: 'Knative Serving',
    module: 'knative.dev/serving',
    version: 'v0.46.0',
    sum: 'h1:OF4Jt+6xY4nw0lFb9G3rEEJPZcNx1k2Kf1IhhJp/Rg4=',
    files: ['config/core/300-resources/service.yaml'],
    names: ['services.serving.knative.dev'],
  },
  {
    tool: 'kapp-controller',
    module: 'github.com/vmware-tanzu/carvel-kapp-controller',
    version: 'v0.50.0',
    sum: 'h1:TCqaH+7OzhgHlD6DZphfu27hCefBnxqAPZyV/2NYZ2g=',
    files: ['config/config/crds.yml'],
    names: ['apps.kappctrl.k14s.io'],
  },
  {
    tool: 'Argo CD',
    module: 'github.com/argoproj/argo-cd/v3',
    version: 'v3.5.7',
    sum: 'h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0=',
    files: ['manifests/crds/application-crd.yaml'],
    names: ['applications.argoproj.io'],
  },
];

const TARGET = join(import.meta.dirname, 'golden', 'definitions');

/** Downloads a module, or finds it in Go's cache; throws where it is not the one that is named here. */
function download({ module, version, sum }: DefinitionSource): string {
  const folder = mkdtempSync(join(tmpdir(), 'carto-definitions-'));
  try {
    // The checksum database does not answer for some of them; the hash above does.
    const env = { ...process.env, GONOSUMDB: '*', GOFLAGS: '-mod=mod', GOWORK: 'off' };
    const answer = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: folder, env });
    const { Dir: dir, Sum: found } = JSON.parse(answer.toString()) as { readonly Dir: string; readonly Sum: string };
    if (found !== sum) throw new Error(`${module} ${version} has the hash ${found}, not ${sum}`);
    return dir;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The definition with its stored version alone, without a webhook that converts others, and without descriptions. */
function reduced(definition: JsonObject): JsonObject {
  const { conversion: _, versions, ...spec } = definition['spec'] as JsonObject;
  const stored = (versions as readonly JsonObject[]).filter((version) => version['storage'] === true);
  const { name } = definition['metadata'] as JsonObject;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: name ?? null },
    spec: { ...spec, versions: stored.map((version) => withoutDescriptions(version)) },
  };
}

function withoutDescriptions(value: Json): Json {
  if (isList(value)) return value.map((item) => withoutDescriptions(item));
  if (!isObject(value)) return value;
  // A property of that name is a schema; only the text describes.
  const kept = Object.entries(value).filter(([key, item]) => key !== 'description' || typeof item !== 'string');
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutDescriptions(item ?? null)]));
}

mkdirSync(TARGET, { recursive: true });
for (const source of SOURCES) {
  const folder = download(source);
  const definitions = source.files.flatMap((file) => parseYamlDocuments(readFileSync(join(folder, file), 'utf8')));
  for (const name of source.names) {
    const found = definitions.find((each) => isObject(each) && (each['metadata'] as JsonObject)['name'] === name);
    if (found === undefined) throw new Error(`${source.module} ${source.version} has no definition ${name}`);
    const origin = `# ${source.tool} ${source.version}. Written by \`npm run generate:definitions\`: do not edit.\n`;
    writeFileSync(join(TARGET, `${name}.yaml`), `${origin}${toYaml(reduced(found as JsonObject))}`);
  }
}
