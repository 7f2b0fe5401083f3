import { createControllerMetrics } from '@cartographer/runtime';
import { expect, it } from 'vitest';
import { ConventionCallError } from '../webhook/convention-call-error.ts';
import { createConventionsStage, intent, labels, registered, webhook } from './testing/conventions-stage.ts';

it('metrics say how intents stand, how conventions are applied, and how servers answer', async () => {
  const metrics = createControllerMetrics();
  await using stage = await createConventionsStage({ metrics });
  stage.servers.set('one', labels('x', '1'));
  stage.servers.set('down', () => {
    throw new ConventionCallError('unreachable', 'nobody listens there');
  });
  const broken = { selectors: [{ matchLabels: { broken: 'yes' } }] };
  const rules = [{ name: 'a', apply: { metadata: { labels: { a: 'b' } } } }];
  await stage.apply(webhook('one') + webhook('down', broken) + registered('ruled', { rules }));
  await stage.apply(intent('good') + intent('bad', { template: { broken: 'yes' } }));
  await stage.restart();
  const { text } = await metrics.expose();
  expect(text).toContain('carto_conventions_intents{ready="True",reason="ConventionsApplied"} 1');
  expect(text).toContain('carto_conventions_intents{ready="False",reason="ConventionsApplied"} 1');
  expect(text).toContain('carto_conventions_registered{by="webhook"} 2');
  expect(text).toContain('carto_conventions_registered{by="rules"} 1');
  expect(text).toContain('carto_convention_calls_total{convention="one",outcome="answered"} 2');
  expect(text).toContain('carto_convention_calls_total{convention="down",outcome="unreachable"} 1');
  await stage.delete('ClusterPodConvention', 'down');
  await stage.pass(10);
  expect((await metrics.expose()).text).not.toContain('convention="down"');
});
