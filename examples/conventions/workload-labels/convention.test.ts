import { applyTo, type PodTemplateSpec } from '@cartographer/convention-sdk';
import { describe, expect, it } from 'vitest';
import { workloadLabels } from './convention.ts';

const pod = (labels: Readonly<Record<string, string>>): PodTemplateSpec => ({
  metadata: { labels },
  spec: {
    containers: [
      { name: 'app', image: 'shop' },
      { name: 'proxy', image: 'proxy' },
    ],
  },
});
const images = (Labels: Readonly<Record<string, string>> | null) => [
  { image: 'proxy', config: { config: { Labels: { 'org.opencontainers.image.version': '9' } } } },
  { image: 'shop', config: { config: { Labels } } },
];
const workload = { 'carto.run/workload-name': 'shop' };

describe('the pods of a workload', () => {
  it('get the labels that Kubernetes recommends, and where their code is from', async () => {
    const said = {
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.source': 'https://git.example.com/shop',
      'org.opencontainers.image.revision': '5f0c',
    };
    const { template, applied } = await applyTo(workloadLabels, { template: pod(workload), images: images(said) });
    expect(applied).toEqual(['workload-labels']);
    expect(template.metadata).toEqual({
      labels: {
        ...workload,
        'app.kubernetes.io/name': 'shop',
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/version': '1.2.3',
      },
      annotations: {
        'org.opencontainers.image.source': 'https://git.example.com/shop',
        'org.opencontainers.image.revision': '5f0c',
      },
    });
    expect(await applyTo(workloadLabels, { template, images: images(said) })).toEqual({ template, applied: [] });
  });

  it('keep the labels that they have, and belong to what the developer says', async () => {
    const has = { ...workload, 'apps.example.com/part-of': 'store', 'app.kubernetes.io/name': 'mine' };
    const { template } = await applyTo(workloadLabels, { template: pod(has), images: images(null) });
    expect(template.metadata).toEqual({ labels: { ...has, 'app.kubernetes.io/part-of': 'store' } });
  });

  it('get no label that Kubernetes would refuse', async () => {
    for (const version of ['1.0 beta', '', '-1', 'x'.repeat(64)]) {
      const said = images({ 'org.opencontainers.image.version': version });
      const { template } = await applyTo(workloadLabels, { template: pod(workload), images: said });
      expect(Object.keys(template.metadata?.labels ?? {})).not.toContain('app.kubernetes.io/version');
    }
  });
});

it('pods of no workload stay as they are', async () => {
  const template = pod({ app: 'shop' });
  expect(await applyTo(workloadLabels, { template })).toEqual({ template, applied: [] });
});
