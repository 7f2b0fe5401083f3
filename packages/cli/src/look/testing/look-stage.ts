import { LABELS } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { parseYamlDocuments, rfc3339 } from '@cartographer/machinery';
import { type EmbeddedTarget, grantedAccountYaml, startEmbeddedTarget, toolDefinitions } from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import {
  type TestTerminal,
  type TestTerminalOptions,
  testSurroundings,
  testTerminal,
} from '../../frame/testing/test-surroundings.ts';
import { DELIVERY, SHOP_CHAIN } from './shop-chain.ts';

/** Where everything of a stage is. */
export const NAMESPACE = 'team';

/** A server with a controller, a chain of real tools' kinds, and a person at its command line; close it at the end. */
export type LookStage = EmbeddedTarget & {
  /** Applies YAML documents, and waits until nothing happens any more. */
  apply(yaml: string): Promise<void>;
  /** Says what the tool of a kind would say of an object in namespace `team`; an `observedGeneration` is that of the object. */
  says(apiVersion: string, kind: string, name: string, status: JsonObject): Promise<void>;
  /** The newest object that a step made. */
  newestOf(apiVersion: string, kind: string, step: string): Promise<KubeObject>;
  /** Runs `carto` with these arguments. */
  carto(argv: readonly string[], options?: CartoOptions): Promise<TestTerminal>;
};

type CartoOptions = TestTerminalOptions & { readonly interrupt?: AbortController };

/** Starts a {@link LookStage} with the blueprints of `shop-chain.ts` and namespace `team`. */
export async function startLookStage(): Promise<LookStage> {
  const target = await startEmbeddedTarget({ kinds: toolDefinitions().map(({ definition }) => definition) });
  const { client, mapper, transport, clock, settled } = target;
  const stage: LookStage = {
    ...target,
    async apply(yaml) {
      for (const document of parseYamlDocuments(yaml)) {
        const object = document as KubeObject;
        await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'user', force: true });
      }
      await settled();
    },
    async says(apiVersion, kind, name, said) {
      const type = await mapper.resourceFor({ apiVersion, kind });
      const key = { namespace: NAMESPACE, name };
      const { generation = 1 } = (await client.get(type, key)).metadata;
      const status = 'observedGeneration' in said ? { ...said, observedGeneration: generation } : said;
      await client.patch(type, key, { kind: 'merge', body: { status }, subresource: 'status' });
      await settled();
    },
    async newestOf(apiVersion, kind, step) {
      const type = await mapper.resourceFor({ apiVersion, kind });
      const { items } = await client.list(type, {
        namespace: NAMESPACE,
        labelSelector: `${LABELS.resourceName}=${step}`,
      });
      const born = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
      const newest = items.toSorted((left, right) => (born(left) < born(right) ? -1 : 1)).at(-1);
      if (newest === undefined) throw new Error(`step ${step} made no ${kind}`);
      return newest;
    },
    async carto(argv, { interrupt, ...options } = {}) {
      const terminal = testTerminal(options);
      const cluster = { namespace: NAMESPACE };
      const surroundings = { terminal, transport, clock, cluster, ...(interrupt === undefined ? {} : { interrupt }) };
      await runCommandLine(['node', 'carto', ...argv], testSurroundings(surroundings));
      return terminal;
    },
  };
  await stage.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${NAMESPACE}}}`);
  await stage.apply(`${grantedAccountYaml(NAMESPACE)}---\n${SHOP_CHAIN}---\n${DELIVERY}`);
  return stage;
}

/** A condition as a tool writes it at the stage's time. */
export function condition(
  { clock }: Pick<LookStage, 'clock'>,
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message = '',
): JsonObject {
  return { type, status, reason, message, lastTransitionTime: rfc3339(clock.now()) };
}
