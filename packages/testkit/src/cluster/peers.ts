import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@cartographer/kube';
import type { Clock, KubeObject } from '@cartographer/machinery';
import { applyObjects, readObjects } from './apply-objects.ts';
import type { Programs } from './build-programs.ts';
import type { ProcessSpec } from './cluster-process.ts';
import { freePorts } from './free-port.ts';
import type { Peer } from './programs.ts';

/** What a peer is started with. */
export type PeerOptions = {
  readonly programs: Programs;
  readonly client: Client;
  readonly clock: Clock;
  readonly folder: string;
  /** The path of a kubeconfig for a user. */
  readonly kubeconfig: (user: string) => string;
};

/** Puts what a peer needs into the cluster and says how it is called. */
export function preparePeer(peer: Peer, options: PeerOptions): Promise<ProcessSpec> {
  switch (peer) {
    case 'flux':
      return prepareFlux(options);
    case 'kustomize':
      return prepareKustomize(options);
    case 'tekton':
      return prepareTekton(options);
  }
}

async function prepareFlux({ programs, client, clock, folder, kubeconfig }: PeerOptions): Promise<ProcessSpec> {
  await applyObjects(client, clock, readObjects(programs.assets('source-controller', 'crds')));
  const storage = join(folder, 'flux-storage');
  mkdirSync(storage);
  const [artifacts, metrics, health] = await freePorts(3);
  return {
    name: 'source-controller',
    argv: [
      programs.pathOf('source-controller'),
      `--storage-path=${storage}`,
      `--storage-addr=127.0.0.1:${artifacts}`,
      `--storage-adv-addr=127.0.0.1:${artifacts}`,
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--health-addr=127.0.0.1:${health}`,
      '--events-addr=',
    ],
    env: { KUBECONFIG: kubeconfig('flux'), RUNTIME_NAMESPACE: 'default', TUF_ROOT: join(folder, 'tuf') },
    ready: () => answers(`http://127.0.0.1:${health}/readyz`),
  };
}

/** Applies what stands in sources of Flux; it needs the peer `flux` beside it. */
async function prepareKustomize({ programs, client, clock, kubeconfig }: PeerOptions): Promise<ProcessSpec> {
  await applyObjects(client, clock, readObjects(programs.assets('kustomize-controller', 'crds')));
  const [metrics, health] = await freePorts(2);
  return {
    name: 'kustomize-controller',
    argv: [
      programs.pathOf('kustomize-controller'),
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--health-addr=127.0.0.1:${health}`,
      '--events-addr=',
    ],
    env: { KUBECONFIG: kubeconfig('flux'), RUNTIME_NAMESPACE: 'default' },
    ready: () => answers(`http://127.0.0.1:${health}/readyz`),
  };
}

const TEKTON_NAMESPACE = 'tekton-pipelines';
/** Every image that the controller puts into pods; the pod player runs none. */
const TEKTON_IMAGES = ['entrypoint', 'nop', 'sidecarlogresults', 'workingdirinit', 'shell'];

async function prepareTekton({ programs, client, clock, kubeconfig }: PeerOptions): Promise<ProcessSpec> {
  // A namespace needs its account before pods are made in it, and none makes it when the controller manager is left out.
  await applyObjects(client, clock, [
    ...readObjects(programs.assets('tekton', 'crds')).map(withoutConversion),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: TEKTON_NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: TEKTON_NAMESPACE } },
    ...readObjects(programs.assets('tekton', 'config'), (file) => file.startsWith('config-')),
  ]);
  const [probes, metrics, profiling] = await freePorts(3);
  return {
    name: 'tekton-controller',
    argv: [
      programs.pathOf('tekton-controller'),
      '-kubeconfig',
      kubeconfig('tekton'),
      ...TEKTON_IMAGES.flatMap((image) => [`-${image}-image`, `tekton.invalid/${image}`]),
      '-shell-image-win',
      'tekton.invalid/shell-win',
      '-disable-ha',
    ],
    env: {
      SYSTEM_NAMESPACE: TEKTON_NAMESPACE,
      POD_NAME: 'tekton-pipelines-controller-0',
      CONFIG_DEFAULTS_NAME: 'config-defaults',
      CONFIG_LOGGING_NAME: 'config-logging',
      CONFIG_OBSERVABILITY_NAME: 'config-observability',
      CONFIG_FEATURE_FLAGS_NAME: 'feature-flags',
      CONFIG_LEADERELECTION_NAME: 'config-leader-election-controller',
      CONFIG_SPIRE: 'config-spire',
      CONFIG_TRACING_NAME: 'config-tracing',
      METRICS_DOMAIN: 'tekton.dev/pipeline',
      METRICS_PROMETHEUS_HOST: '127.0.0.1',
      METRICS_PROMETHEUS_PORT: String(metrics),
      PROFILING_PORT: String(profiling),
      PROBES_PORT: String(probes),
      KUBERNETES_MIN_VERSION: 'v1.25.0',
    },
    ready: () => answers(`http://127.0.0.1:${probes}/readiness`),
  };
}

/** Tekton's conversion webhook does not run here: every object is written in the stored version. */
function withoutConversion(definition: KubeObject): KubeObject {
  const { conversion: _, ...spec } = definition['spec'] as { readonly conversion?: unknown };
  return { ...definition, spec };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
  return response.ok;
}
