import { type Client, systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { percentile, type Row } from '../row.ts';
import { CONFIG_MAPS } from './stage.ts';

/** A way for a value from a first write to a last object. */
export type Route = {
  readonly send: (value: string) => Promise<unknown>;
  /** Resolves when the last object shows the value. */
  readonly arrival: (value: string) => Promise<void>;
  /** Resolves when whoever carries the value has nothing to do any more. */
  readonly rested: () => Promise<void>;
};

const WARM_UP = 20;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? '60');
const ARRIVAL_MS = 30_000;

/** Rounds of ours and of the script by turns, so that whatever slows the machine down slows down both. */
export async function compare(
  what: string,
  ours: Route,
  bare: Route,
  { hops, goal }: { readonly hops: number; readonly goal?: Row['goal'] },
): Promise<readonly Row[]> {
  const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const [bareMs, ourMs] = [await travel(bare), await travel(ours)];
    if (round < 0) continue;
    times.bare.push(bareMs);
    times.ours.push(ourMs);
  }
  const at = (share: number): Pick<Row, 'value' | 'unit' | 'floor'> => ({
    value: percentile(times.ours, share),
    unit: 'ms',
    floor: { name: 'bare script', value: percentile(times.bare, share) },
  });
  return [
    { name: `${what}, p50 of ${ROUNDS}`, ...at(0.5), ...(goal === undefined ? {} : { goal }) },
    { name: 'the same, p90', ...at(0.9) },
    { name: 'the same, p99', ...at(0.99) },
    {
      name: 'a hop of ours beyond one of the script, p50',
      value: (percentile(times.ours, 0.5) - percentile(times.bare, 0.5)) / hops,
      unit: 'ms',
      goal: { of: 'value', atMost: 1 },
    },
  ];
}

/** How many rounds of ours {@link compare} makes in all. */
export const ALL_ROUNDS = WARM_UP + ROUNDS;

/** Sends a value and waits until the last object shows it; milliseconds. */
async function travel({ send, arrival, rested }: Route): Promise<number> {
  const value = `value-${Math.random()}`;
  const there = arrival(value);
  const startedMs = performance.now();
  await send(value);
  await Promise.race([there, tooLate(value)]);
  const tookMs = performance.now() - startedMs;
  await rested();
  return tookMs;
}

async function tooLate(value: string): Promise<never> {
  await systemClock.sleep(ARRIVAL_MS);
  throw new Error(`${value} has not arrived`);
}

/** Waits for values in the data of a ConfigMap. */
export function arrivals(client: Client, name: string, key: string, signal: AbortSignal): Route['arrival'] {
  let arrived: (value: unknown) => void = () => undefined;
  watchObject(client, CONFIG_MAPS, name, signal, (object) => arrived(getPath(object, 'data', key)));
  return (value) =>
    new Promise((resolve) => {
      arrived = (seen) => (seen === value ? resolve() : undefined);
    });
}

/** Tells of each version of one object until the signal fires. */
export function watchObject(
  client: Client,
  type: ResourceType,
  name: string,
  signal: AbortSignal,
  tell: (object: KubeObject) => void,
): void {
  const namespace = type.namespaced ? { namespace: 'default' } : {};
  const follow = async (): Promise<void> => {
    // Longer than any run of the benchmark.
    const selection = { ...namespace, fieldSelector: `metadata.name=${name}`, timeoutSeconds: 3_600 };
    for await (const { object } of client.watch(type, { ...selection, signal })) tell(object as KubeObject);
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
