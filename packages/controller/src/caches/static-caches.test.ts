import { expect, it } from 'vitest';
import { createStage, workload } from '../testing/stage.ts';

const TEMPLATE = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: t}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: made}
    data: {managers: 'none but $(workload.metadata.managedFields)$'}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {chain: web}
  resources: [{name: only, templateRef: {kind: ClusterTemplate, name: t}}]
---
`;

it('shows templates no managed fields of an owner, neither from the watch nor from the answer to a status write', async () => {
  await using stage = await createStage();
  await stage.restart();
  await stage.apply(TEMPLATE + workload('shop', 'web'));
  await stage.settled();
  // The owner at hand comes from the answer to its status write now.
  await stage.apply(TEMPLATE.replace('none but', 'still none but'));
  await stage.settled();
  expect(await stage.get('ConfigMap', 'made')).toBeUndefined();
  const status = (await stage.get('Workload', 'shop'))?.['status'] as { conditions: readonly { message: string }[] };
  expect(status.conditions.map(({ message }) => message).join()).toContain(
    'must not point to nil value: workload.metadata.managedFields',
  );
});
