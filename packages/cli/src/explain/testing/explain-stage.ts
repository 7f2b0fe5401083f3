import { crds } from '@cartographer/api';
import type { JsonObject } from '@cartographer/machinery';
import { grantedAccountYaml, type StagedServer, stageServer, toolDefinitions } from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import {
  type TestTerminal,
  type TestTerminalOptions,
  testSurroundings,
  testTerminal,
} from '../../frame/testing/test-surroundings.ts';
import { workedBy } from '../../testing/controller-at-work.ts';

/** A server on which owners are explained; close it at the end. */
export type ExplainStage = StagedServer & {
  /** Applies documents, and lets a controller work until it has nothing to do. */
  work(yaml: string): Promise<void>;
  /** Says what the tool of a kind would say of an object in namespace `team`, and lets the controller work. */
  says(apiVersion: string, kind: string, name: string, status: JsonObject): Promise<void>;
  /** Runs `carto` with these arguments. */
  carto(argv: readonly string[], options?: TestTerminalOptions): Promise<TestTerminal>;
  close(): Promise<void>;
};

const CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  healthRule: {singleConditionType: Ready}
  params: [{name: interval, default: 1m0s}]
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec: {interval: $(params.interval)$, url: $(workload.spec.source.git.url)$, ref: {branch: main}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.lastestImage
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: registry.example.com/team/$(workload.metadata.name)$
      builder: {kind: ClusterBuilder, name: default}
      source: {blob: {url: $(source.url)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  params: [{name: port, default: 80}]
  template:
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: $(workload.metadata.name)$}
    spec: {template: {spec: {containers: [{image: $(image)$, ports: [{containerPort: $(params.port)$}]}]}}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: page}
spec:
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
    data:
      port: #@ str(data.values.params.port)
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: vault}
spec:
  template:
    apiVersion: v1
    kind: Secret
    metadata: {name: $(workload.metadata.name)$}
    stringData: {password: $(params.password)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: vaults}
spec:
  selector: {team.example.com/type: vault}
  params: [{name: password, default: correct-horse}]
  resources: [{name: vault, templateRef: {kind: ClusterTemplate, name: vault}}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: pages}
spec:
  selector: {team.example.com/type: page}
  resources: [{name: page, templateRef: {kind: ClusterTemplate, name: page}}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {team.example.com/type: web}
  params: [{name: interval, value: 30s}]
  resources:
  - {name: source, templateRef: {kind: ClusterSourceTemplate, name: git}}
  - {name: image, templateRef: {kind: ClusterImageTemplate, name: kpack}, sources: [{name: source, resource: source}]}
  - {name: app, templateRef: {kind: ClusterTemplate, name: app}, images: [{name: image, resource: image}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: batch}
spec:
  selector: {team.example.com/type: batch, team.example.com/nightly: 'yes'}
  resources:
  - {name: source, templateRef: {kind: ClusterSourceTemplate, name: git}}
`;

/** A Workload of namespace `team`, with this label of its type. */
export function shopYaml(type: string, name = 'shop'): string {
  return `apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ${name}, namespace: team, labels: {team.example.com/type: ${type}}}
spec:
  params: [{name: interval, value: 5s}, {name: port, value: 8080}]
  source: {git: {url: https://git.example.com/team/shop, ref: {branch: main}}}
`;
}

/** Starts an {@link ExplainStage} with the chains above and namespace `team`. */
export async function startExplainStage(): Promise<ExplainStage> {
  const kinds = toolDefinitions().map(({ definition }) => definition);
  const at = await stageServer({ crds: [...crds(), ...kinds], userAgent: 'test', authorization: 'RBAC' });
  const work = (yaml: string): Promise<void> => workedBy(at, yaml);
  await work(
    `{apiVersion: v1, kind: Namespace, metadata: {name: team}}\n---\n${grantedAccountYaml('team')}---\n${CHAIN}`,
  );
  return {
    ...at,
    work,
    async says(apiVersion, kind, name, status) {
      const type = await at.mapper.resourceFor({ apiVersion, kind });
      const key = { namespace: 'team', name };
      await at.client.patch(type, key, { kind: 'merge', body: { status }, subresource: 'status' });
      await work('');
    },
    async carto(argv, options = {}) {
      const terminal = testTerminal(options);
      const cluster = { namespace: 'team' };
      const surroundings = testSurroundings({ terminal, transport: at.faults, clock: at.clock, cluster });
      await runCommandLine(['node', 'carto', ...argv], surroundings);
      return terminal;
    },
    close: () => at.server.close(),
  };
}

/** A condition as a tool writes it. */
export function condition(type: string, status: string, reason: string, message = ''): JsonObject {
  return { type, status, reason, message, lastTransitionTime: '2026-01-02T03:04:05Z' };
}
