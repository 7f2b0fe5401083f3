import {
  ApiError,
  type Client,
  createRestMapper,
  getIfThere,
  NAMESPACES,
  NoMatchError,
  type ObjectKey,
  type RestMapper,
  systemClock,
} from '@cartographer/kube';
import {
  CartoError,
  type Clock,
  type Condition,
  findCondition,
  type KubeObject,
  type ResourceType,
} from '@cartographer/machinery';
import { stopOnSignals } from '../frame/stop-signal.ts';
import { type ClusterOptions, connect } from '../process/cluster-client.ts';
import { type InstallChoice, objectsToInstall } from './install-objects.ts';

/** Flags of `carto install`. */
export type InstallFlags = ClusterOptions & InstallChoice & { readonly dryRun?: boolean };

const FIELD_MANAGER = 'carto-install';
const ESTABLISH_TIMEOUT_MS = 60_000;
const ESTABLISH_POLL_MS = 200;
const CRD = 'CustomResourceDefinition';
/** What a server without admission webhooks (such as the one of `carto up`) can do without. */
const OPTIONAL: ReadonlySet<string> = new Set(['ValidatingWebhookConfiguration']);

/** `carto install`: applies an installation to a cluster and says what became of each object. */
export async function runInstall(flags: InstallFlags): Promise<void> {
  const objects = objectsToInstall(flags);
  const stop = stopOnSignals();
  const { client, close } = await connect(flags);
  try {
    await install(objects, {
      client,
      clock: systemClock,
      dryRun: flags.dryRun === true,
      signal: stop.signal,
      say: (line) => void process.stdout.write(`${line}\n`),
    });
  } finally {
    await close();
    stop.dispose();
  }
}

/** What {@link install} needs. */
export type InstallOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
};

/**
 * Applies objects in order by server-side apply; definitions of kinds are waited for before anything else of a later
 * kind is applied. May be repeated: an object that is as it should be is left alone.
 * @throws CartoError `CARTO_TIMEOUT` when the server does not take a definition up in time.
 */
export async function install(objects: readonly KubeObject[], options: InstallOptions): Promise<void> {
  const mapper = createRestMapper(options);
  const definitions = objects.filter(({ kind }) => kind === CRD);
  let waiting = definitions.length > 0;
  for (const object of objects) {
    if (waiting && object.kind !== CRD && object.kind !== 'Namespace') {
      await established(definitions, mapper, options);
      waiting = false;
    }
    options.say(`${nameOf(object)} ${await applyOne(object, mapper, options)}${options.dryRun ? ' (dry run)' : ''}`);
  }
  if (waiting) await established(definitions, mapper, options);
}

async function applyOne(object: KubeObject, mapper: RestMapper, options: InstallOptions): Promise<string> {
  const { client, dryRun, signal } = options;
  const type = await mapper.resourceFor(object).catch((error: unknown) => {
    if (error instanceof NoMatchError && OPTIONAL.has(object.kind)) return undefined;
    throw error;
  });
  if (type === undefined) return 'skipped: this server does not know the kind';
  const { namespace, name = '' } = object.metadata;
  const key = namespace === undefined ? { name } : { namespace, name };
  const before = await readIfThere(type, key, options);
  if (dryRun && namespace !== undefined && before === undefined && (await isMissing(namespace, options))) {
    return 'would be created in a namespace that is not there yet';
  }
  const after = await client.apply(type, object, { fieldManager: FIELD_MANAGER, force: true, dryRun, signal });
  if (before === undefined) return 'created';
  return before.metadata.resourceVersion === after.metadata.resourceVersion ? 'unchanged' : 'configured';
}

async function isMissing(namespace: string, options: InstallOptions): Promise<boolean> {
  return (await readIfThere(NAMESPACES, { name: namespace }, options)) === undefined;
}

/** Names the object whose state cannot be told. */
async function readIfThere(
  type: ResourceType,
  key: ObjectKey,
  { client, signal }: InstallOptions,
): Promise<KubeObject | undefined> {
  try {
    return await getIfThere(client, type, key, { signal });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const name = nameOf({ apiVersion: '', kind: type.kind, metadata: key });
    const message = `${name} cannot be read: ${error.message}; nothing was done to it`;
    throw new CartoError(error.code, message, { cause: error, retry: error.retry });
  }
}

async function established(
  definitions: readonly KubeObject[],
  mapper: RestMapper,
  { client, clock, dryRun, signal, say }: InstallOptions,
): Promise<void> {
  if (dryRun) return;
  const endMs = clock.monotonicMs() + ESTABLISH_TIMEOUT_MS;
  for (const definition of definitions) {
    const type = await mapper.resourceFor(definition);
    const name = definition.metadata.name ?? '';
    while (!isEstablished(await client.get(type, { name }, { signal }))) {
      if (clock.monotonicMs() > endMs) {
        const message = `${nameOf(definition)} is not established after ${ESTABLISH_TIMEOUT_MS / 1_000} s; look at its conditions`;
        throw new CartoError('CARTO_TIMEOUT', message);
      }
      await clock.sleep(ESTABLISH_POLL_MS, signal);
    }
  }
  mapper.invalidate();
  say(`${definitions.length} definitions established`);
}

function isEstablished(definition: KubeObject): boolean {
  const { conditions = [] } = (definition['status'] ?? {}) as { conditions?: readonly Condition[] };
  return findCondition(conditions, 'Established')?.status === 'True';
}

function nameOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return `${kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
