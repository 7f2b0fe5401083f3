import { join } from 'node:path';
import { type Client, createEventRecorder, type EventRecorder } from '@cartographer/kube';
import { allEnded, type Clock, type KubeObject, type Log, type Secret } from '@cartographer/machinery';
import { runInOrder } from '@cartographer/runtime';
import { createGitSource } from './git/git-source.ts';
import { gitRepositoryCrd } from './git/kind/git-repository-crd.ts';
import { imageCrd } from './image/image-crd.ts';
import { createImageTool } from './image/image-tool.ts';
import { createKeeper } from './keeper/keeper.ts';
import { ociRepositoryCrd } from './oci/oci-repository-crd.ts';
import { createOciSource } from './oci/oci-source.ts';
import { openPushedSources } from './oci/pushed-sources.ts';
import { serviceCrd } from './service/service-crd.ts';
import { createServiceTool } from './service/service-tool.ts';
import { tektonCrds } from './tekton/kind/tekton-crds.ts';
import { createTektonTool } from './tekton/tekton-tool.ts';

/** What {@link startLaptop} needs. */
export type LaptopOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the tools keep what they make. One process at a time. */
  readonly dataDir: string;
  /** The environment of the programs that the tools run; the process's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A number from 0 to 1, for jitter. */
  readonly random?: () => number;
};

/** The running tools. */
export type Laptop = {
  /** Where the tools serve sources and images on this machine, `127.0.0.1:PORT` each. */
  readonly hosts: { readonly sources: string; readonly images: string };
  /** The login for pushing sources to `images`, as `sources/NAMESPACE/NAME`. */
  readonly push: { readonly username: string; readonly password: Secret };
  /** Rejects when a tool ends by itself, which none should; resolves after {@link Laptop.stop}. */
  readonly ended: Promise<void>;
  /** Stops the tools and everything they started, and waits for it. */
  stop(): Promise<void>;
};

/** The CustomResourceDefinitions of the kinds that the tools reconcile. */
export function laptopCrds(): readonly KubeObject[] {
  return [gitRepositoryCrd, ociRepositoryCrd, imageCrd, serviceCrd, ...tektonCrds];
}

/**
 * Starts the stand-ins for a cluster's tools. Each reconciles a kind that a cluster would have, with the
 * same fields and conditions, and does the real work as a local process, with the rights of this user.
 * The kinds have to be installed; see {@link laptopCrds}.
 */
export async function startLaptop(options: LaptopOptions): Promise<Laptop> {
  const { client, clock, log, dataDir, environment = process.env, random = Math.random } = options;
  const stop = new AbortController();
  const recorderFor = (component: string): EventRecorder =>
    createEventRecorder({ client, component, clock, log, random, signal: stop.signal });
  const events = {
    source: recorderFor('source-controller'),
    image: recorderFor('kpack-controller'),
    service: recorderFor('service-controller'),
    taskRun: recorderFor('tekton-taskrun-controller'),
    pipelineRun: recorderFor('tekton-pipelinerun-controller'),
  };
  const shared = { client, clock, log, environment, random };
  const keeper = await createKeeper({ clock, log, recordFile: join(dataDir, 'processes.json') });
  const git = await createGitSource({ ...shared, events: events.source, dataFolder: join(dataDir, 'git') });
  const service = createServiceTool({
    ...shared,
    keeper,
    events: events.service,
    dataFolder: join(dataDir, 'service'),
  });
  const pushed = await openPushedSources(join(dataDir, 'oci'));
  const image = await createImageTool({
    ...shared,
    keeper,
    events: events.image,
    dataFolder: join(dataDir, 'image'),
    push: pushed,
    services: service.informer,
  });

  const oci = createOciSource({
    ...shared,
    events: events.source,
    artifacts: git.artifacts,
    server: git.server,
    pushes: { host: image.registry.host, subscribe: pushed.subscribe },
  });
  const tekton = createTektonTool({ ...shared, keeper, events, dataFolder: join(dataDir, 'tekton') });

  const parts = [git.parts, oci.parts, service.parts, image.parts, tekton.parts];
  const [caches, controllers] = [parts.flatMap(([first = []]) => first), parts.flatMap(([, ...rest]) => rest.flat())];
  const ended = runInOrder([caches, controllers], { clock, log, signal: stop.signal });
  ended.catch((error: unknown) => log.error({ err: error }, 'the tools of the laptop have ended'));
  return {
    hosts: { sources: git.server.host, images: image.registry.host },
    push: { username: pushed.username, password: pushed.password },
    ended,
    async stop() {
      stop.abort(new Error('the laptop is stopping'));
      await Promise.allSettled([ended, ...Object.values(events).map((recorder) => recorder.flush())]);
      await keeper.close();
      await allEnded([git.close(), image.close()]);
    },
  };
}
