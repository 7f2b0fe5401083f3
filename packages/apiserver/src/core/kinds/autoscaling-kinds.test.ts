import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';

import { createTestCore, plain } from '../testing/core.ts';

const V1 = 'horizontalpodautoscalers.v1.autoscaling';
const V2 = 'horizontalpodautoscalers.v2.autoscaling';
const metadata = { name: 'a' };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const cpu = (averageUtilization: number): JsonObject => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const memory: JsonObject = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
};
const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };

describe('an autoscaler', () => {
  test('made as autoscaling/v1 is one of autoscaling/v2', async () => {
    const t = await createTestCore();
    const spec = { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 70 };
    const made = await t.create(V1, { metadata, spec });
    expect(plain(made)).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { minReplicas: 1, ...spec } });
    expect(plain(t.get(V2, 'a'))).toEqual({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'a', namespace: 'default' },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3, metrics: [cpu(70)] },
    });
  });

  test('that names no metric aims at 80 percent of the processor', async () => {
    const t = await createTestCore();
    await t.create(V2, { metadata, spec: { scaleTargetRef, maxReplicas: 3 } });
    expect(t.get(V1, 'a')).toMatchObject({ spec: { targetCPUUtilizationPercentage: 80 } });
  });

  test('keeps what autoscaling/v1 has no field for when it is written as autoscaling/v1', async () => {
    const t = await createTestCore();
    const spec = { scaleTargetRef, minReplicas: 2, maxReplicas: 3, metrics: [memory, cpu(50)], behavior };
    await t.create(V2, { metadata: { ...metadata, annotations: { note: 'x' } }, spec });
    const seen = plain(t.get(V1, 'a'));
    expect(seen['spec']).toEqual({
      scaleTargetRef,
      minReplicas: 2,
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
    });
    await t.update(V1, { ...seen, spec: { ...(seen['spec'] as JsonObject), maxReplicas: 9 } });
    expect(t.get(V2, 'a')).toMatchObject({
      metadata: { annotations: { note: 'x' } },
      spec: { minReplicas: 2, maxReplicas: 9, metrics: [cpu(50), memory], behavior },
    });
    expect(t.get(V2, 'a').metadata.annotations).toEqual({ note: 'x' });
  });

  test('shows an annotation that is no JSON as what it is', async () => {
    const t = await createTestCore();
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' };
    await t.create(V1, { metadata: { ...metadata, annotations }, spec: { scaleTargetRef, maxReplicas: 3 } });
    expect(t.get(V2, 'a')).toMatchObject({ spec: { maxReplicas: 3 } });
  });
});
