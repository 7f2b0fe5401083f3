import { carto } from '@cartographer/api';
import { goJson } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type EditStage, stageEdits } from './testing/edit-stage.ts';
import { MADE, MAKERS, type Maker, PLUGIN_AGENT, UPDATES } from './testing/update-table.ts';

const TYPE = carto.kinds.Workload;
const KEY = { namespace: 'default', name: 'web' };
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Makes the workload as each program does: what it sends, under the name that a server knows it by. */
async function make(at: EditStage, maker: Maker): Promise<void> {
  switch (maker) {
    case 'kubectl apply': {
      const annotations = { [LAST_APPLIED]: `${goJson(MADE)}\n` };
      const sent = { ...MADE, metadata: { ...MADE.metadata, annotations } };
      await at.as('kubectl/v1.32.4').create(TYPE, sent, { fieldManager: 'kubectl-client-side-apply' });
      return;
    }
    case "the plugin's PUT": {
      const plugin = at.as(PLUGIN_AGENT);
      const made = await plugin.create(TYPE, { ...MADE, spec: { image: 'registry.example/first' } });
      await plugin.update(TYPE, { ...made, spec: MADE['spec'] });
      return;
    }
    case 'carto': {
      const { code, err } = await at.run(['workload', 'apply', '-f', '-', '--yes'], { input: goJson(MADE) });
      const note = 'note: workload default/web: no supply chain fits it yet: "carto match web" says more';
      expect([code, err]).toEqual([0, `target: context test\n${note}\n`]);
    }
  }
}

/** The controller writes a status now and then: that is no change of what was meant. */
async function reportStatus(at: EditStage, message: string): Promise<void> {
  const condition = {
    type: 'Ready',
    status: 'Unknown',
    reason: 'Any',
    message,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await at.as('cartographer').updateStatus(TYPE, { ...(await at.workload()), status: { conditions: [condition] } });
}

describe.each(MAKERS)('a workload made by %s', (maker) => {
  it.each(UPDATES)('becomes what was meant by $how', async ({ file, flags, isLabelled, labels, spec, goes }) => {
    await using at = await stageEdits();
    await make(at, maker);
    if (isLabelled) {
      const body = { metadata: { labels: { team: 'a' } } };
      await at.as('kubectl/v1').patch(TYPE, KEY, { kind: 'merge', body, fieldManager: 'kubectl-label' });
    }
    await reportStatus(at, 'first');
    const argv = ['workload', 'apply', ...(file === undefined ? ['web'] : ['-f', '-']), ...flags, '--yes'];
    const input = file === undefined ? '' : goJson(file);
    const { code, out, err } = await at.run(argv, { input });
    expect(code, err).toBe(0);
    const after = await at.workload();
    expect(after['spec']).toEqual(spec);
    expect(after.metadata.labels).toEqual(labels);
    expect(after.metadata.annotations).toBeUndefined();
    expect(after['status']).toBeDefined();
    const removed = out.split('\n').filter((line) => / - \|/.test(line));
    for (const line of goes)
      expect(
        removed.some((each) => each.includes(line)),
        `${line} goes, in\n${out}`,
      ).toBe(true);
    expect(err.includes('carto takes over'), err).toBe(maker !== 'carto');

    const again = await at.run(argv, { input });
    expect([again.code, again.out.split('\n')[0]]).toEqual([0, 'workload default/web is unchanged']);
    expect((await at.workload()).metadata.resourceVersion).toBe(after.metadata.resourceVersion);
  });
});
