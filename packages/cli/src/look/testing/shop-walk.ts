import type { JsonObject } from '@cartographer/machinery';
import { rfc3339 } from '@cartographer/machinery';
import { condition, type LookStage, NAMESPACE } from './look-stage.ts';

const FLUX = 'source.toolkit.fluxcd.io/v1';
const TEKTON = 'tekton.dev/v1';
const KPACK = 'kpack.io/v1alpha2';
const KNATIVE = 'serving.knative.dev/v1';
const IMAGE = 'registry.example.com/team/shop';
const POD = 'shop-test-pod';

/** What the tools of the chain do for a commit, each when it is told to. */
export type ShopWalk = {
  /** Flux finds a commit. */
  commits(commit: string): Promise<void>;
  /** Tekton begins the test run. */
  testBegins(): Promise<void>;
  testEnds(ok: boolean): Promise<void>;
  /** kpack builds an image. */
  builds(digest: string): Promise<void>;
  /** Knative serves it, and a pod runs. */
  serves(digest: string): Promise<void>;
  /** Flux finds the configuration, and the Deployment comes up. */
  delivers(commit: string): Promise<void>;
};

/** Makes a {@link ShopWalk}. */
export function shopWalk(stage: LookStage): ShopWalk {
  const at = (): string => rfc3339(stage.clock.now());
  const git = (name: string, commit: string): Promise<void> =>
    stage.says(FLUX, 'GitRepository', name, {
      artifact: {
        url: `http://source-controller.example.com/${name}/${commit}.tar.gz`,
        revision: `main@sha1:${commit}`,
        digest: `sha256:${commit.padEnd(64, '0')}`,
        path: `gitrepository/team/${name}/${commit}.tar.gz`,
        lastUpdateTime: at(),
      },
      conditions: [condition(stage, 'Ready', 'True', 'Succeeded', 'stored artifact')],
      observedGeneration: 1,
    });
  const run = async (status: JsonObject): Promise<void> => {
    const { metadata } = await stage.newestOf(TEKTON, 'TaskRun', 'test');
    await stage.says(TEKTON, 'TaskRun', metadata.name ?? '', status);
  };
  let startTime = '';
  return {
    commits: (commit) => git('shop', commit),
    async testBegins() {
      startTime = at();
      const running = condition(
        stage,
        'Succeeded',
        'Unknown',
        'Running',
        'Not all Steps in the Task have finished executing',
      );
      await run({ podName: POD, startTime, conditions: [running] });
    },
    async testEnds(ok) {
      const ended = ok
        ? condition(stage, 'Succeeded', 'True', 'Succeeded', 'All Steps have completed executing')
        : condition(stage, 'Succeeded', 'False', 'Failed', '"step-test" exited with code 1');
      await run({ podName: POD, startTime, completionTime: at(), conditions: [ended] });
    },
    builds: (digest) =>
      stage.says(KPACK, 'Image', 'shop', {
        latestImage: `${IMAGE}@sha256:${digest}`,
        conditions: [condition(stage, 'Ready', 'True', 'UpToDate')],
        observedGeneration: 1,
      }),
    async serves(digest) {
      await stage.says(KNATIVE, 'Service', 'shop', {
        url: 'https://shop.team.example.com',
        conditions: [condition(stage, 'Ready', 'True', 'Ready')],
        observedGeneration: 1,
      });
      await stage.apply(podYaml(digest));
      const state = { running: { startedAt: at() } };
      const container = {
        name: 'app',
        ready: true,
        restartCount: 2,
        image: `${IMAGE}:1.2`,
        imageID: `${IMAGE}@sha256:${digest}`,
        state,
      };
      await stage.says('v1', 'Pod', 'shop-00001-a', { phase: 'Running', containerStatuses: [container] });
    },
    async delivers(commit) {
      await git('shop-config', commit);
      await stage.says('apps/v1', 'Deployment', 'shop', {
        replicas: 1,
        readyReplicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
        observedGeneration: 1,
        conditions: [condition(stage, 'Available', 'True', 'MinimumReplicasAvailable')],
      });
    },
  };
}

function podYaml(digest: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: shop-00001-a, namespace: ${NAMESPACE}, labels: {carto.run/workload-name: shop}}
spec: {containers: [{name: app, image: '${IMAGE}@sha256:${digest}'}]}
`;
}

/** A commit's id, from one digit. */
export function commitOf(digit: string): string {
  return digit.repeat(40);
}

/** An image's digest, from one digit. */
export function digestOf(digit: string): string {
  return digit.repeat(64);
}
