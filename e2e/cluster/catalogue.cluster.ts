import { createRestMapper, systemClock } from '@cartographer/kube';
import { applyObjects, startCluster, type TestCluster, toolDefinitions } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { readTools } from '../catalogue/tools.ts';
import { Trial, type TrialCluster, type Verdict } from '../catalogue/trial.ts';
import { installCarto, startCartoController } from './carto.ts';

const tools = readTools();
const cases = tools.flatMap((tool) => tool.statuses.map((status) => [tool, status] as const));

describe('the catalogue on a real API server, with the definitions of its tools', () => {
  let cluster: TestCluster;
  const trials = new Map<string, Trial>();

  beforeAll(async () => {
    cluster = await startCluster({ objects: toolDefinitions().map(({ definition }) => definition) });
    await installCarto(cluster);
    await applyObjects(
      cluster.client,
      systemClock,
      tools.flatMap(({ templates, blueprint }) => [...templates, blueprint]),
    );
    await startCartoController(cluster);
    const trialCluster: TrialCluster = {
      client: cluster.client,
      mapper: createRestMapper({ client: cluster.client, clock: systemClock }),
    };
    for (const [tool, status] of cases) {
      const trial = new Trial(trialCluster, tools, tool, status);
      trials.set(trial.namespace, trial);
      await trial.begin();
    }
  });
  afterAll(() => cluster.stop());

  it.each(cases.map(([tool, { name }]) => `${tool.name}-${name}`))('takes, reads and judges %s', async (name) => {
    const trial = trials.get(name) as Trial;
    let verdict: Verdict | undefined;
    let told = 0;
    await until(`${name} is judged`, async () => {
      await trial.tell();
      const objects = await trial.objects();
      told = objects.filter((object) => trial.isTold(object)).length;
      verdict = await trial.verdict();
      return told === 1 && JSON.stringify(verdict) === JSON.stringify(trial.expected());
    }).catch(() => undefined);
    expect({ told, ...verdict }).toEqual({ told: 1, ...trial.expected() });
    expect(await trial.warnings()).toEqual([]);
  });
});
