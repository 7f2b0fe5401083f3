import { carto } from '@cartographer/api';
import { findCondition, getPath } from '@cartographer/machinery';
import { scanningKinds } from '@cartographer/scanning';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateStage, DEVELOPER, type GateStage, TEAM } from './gate-stage.ts';

const ORIGINAL = 'scanning.apps.tanzu.vmware.com/v1beta1';

/** Templates for the original's scans: fields, params and paths as its products had them. */
const SCANNERS = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: source-scanner-template}
spec:
  params:
  - {name: scanning_source_template, default: blob-source-scan-template}
  - {name: scanning_source_policy, default: scan-policy}
  urlPath: .status.compliantArtifact.blob.url
  revisionPath: .status.compliantArtifact.blob.revision
  template:
    apiVersion: ${ORIGINAL}
    kind: SourceScan
    metadata: {name: $(workload.metadata.name)$}
    spec:
      blob:
        url: $(source.url)$
        revision: $(source.revision)$
      scanTemplate: $(params.scanning_source_template)$
      scanPolicy: $(params.scanning_source_policy)$
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: image-scanner-template}
spec:
  params:
  - {name: scanning_image_template, default: private-image-scan-template}
  - {name: scanning_image_policy, default: scan-policy}
  imagePath: .status.compliantArtifact.registry.image
  template:
    apiVersion: ${ORIGINAL}
    kind: ImageScan
    metadata: {name: $(workload.metadata.name)$}
    spec:
      registry:
        image: $(image)$
        imagePullSecret: registry-credentials
      scanTemplate: $(params.scanning_image_template)$
      scanPolicy: $(params.scanning_image_policy)$
---
`;

/** What stands in for the tools before and behind them, and the chain. */
const CHAIN = `
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterScanPolicy
metadata: {name: scan-policy}
spec: {namespaceSelector: {}, deny: [{severityAtLeast: High}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: source}
spec:
  urlPath: .data.url
  revisionPath: .data.revision
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-source}
    data: {url: $(params.url)$, revision: main@sha1:1}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: image}
spec:
  imagePath: .data.built
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-image}
    data: {of: $(source.url)$, built: $(params.image)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-app}
    data: {image: $(image)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: scanned}
spec:
  selector: {scanned: "yes"}
  serviceAccountRef: {name: supply-chain}
  resources:
  - {name: source, templateRef: {kind: ClusterSourceTemplate, name: source}}
  - name: source-scanner
    templateRef: {kind: ClusterSourceTemplate, name: source-scanner-template}
    sources: [{name: source, resource: source}]
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: image}
    sources: [{name: source, resource: source-scanner}]
  - name: image-scanner
    templateRef: {kind: ClusterImageTemplate, name: image-scanner-template}
    images: [{name: image, resource: image}]
  - name: app
    templateRef: {kind: ClusterTemplate, name: app}
    images: [{name: image, resource: image-scanner}]
`;

const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

describe('templates for the original scans, with another apiVersion and nothing else', () => {
  let stage: GateStage;
  beforeEach(async () => {
    stage = await createGateStage(SCANNERS.replaceAll(ORIGINAL, 'scanning.carto.run/v1alpha1') + CHAIN);
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  async function played(source: 'good' | 'bad', image: 'good-1' | 'bad-1'): Promise<string> {
    const params = [
      { name: 'url', value: stage.sources[source] },
      { name: 'image', value: stage.images[image] },
    ];
    const metadata = { name: 'shop', namespace: TEAM, labels: { scanned: 'yes' } };
    const workload = { apiVersion: 'carto.run/v1alpha1', kind: 'Workload', metadata, spec: { params } };
    await stage.as(DEVELOPER).apply(carto.kinds.Workload, workload, { fieldManager: 'dev', force: true });
    await stage.atRest();
    const { status } = await stage.admin.get(carto.kinds.Workload, { namespace: TEAM, name: 'shop' });
    const ready = findCondition(getPath(status, 'conditions') as never, 'Ready');
    return `${ready?.status} ${ready?.reason}: ${ready?.message}`;
  }
  const madeByChain = async (): Promise<readonly string[]> =>
    (await stage.admin.list(CONFIG_MAPS, { namespace: TEAM })).items
      .flatMap(({ metadata: { name = '' } }) => (name.startsWith('shop-') ? [name] : []))
      .toSorted();

  it('hand on what passed, and read what the original wrote of it', async () => {
    expect(await played('good', 'good-1')).toMatch(/^True Ready/);
    expect(await madeByChain()).toEqual(['shop-app', 'shop-image', 'shop-source']);
    const scan = await stage.admin.get(scanningKinds.ImageScan, { namespace: TEAM, name: 'shop' });
    const registry = { image: stage.images['good-1'] };
    expect(scan['status']).toMatchObject({
      phase: 'Completed',
      observedGeneration: 1,
      artifact: { registry },
      compliantArtifact: { registry },
    });
    const conditions = getPath(scan['status'], 'conditions') as never;
    for (const type of ['Succeeded', 'PolicySucceeded']) expect(findCondition(conditions, type)?.status).toBe('True');
  });

  it.each([
    ['a source', 'bad', 'good-1', ['shop-source']],
    ['an image', 'good', 'bad-1', ['shop-image', 'shop-source']],
  ] as const)('hand on nothing of %s that is refused', async (_what, source, image, made) => {
    expect(await played(source, image)).not.toMatch(/^True/);
    expect(await madeByChain()).toEqual(made);
  });
});
