import type { KubeObject, ResourceType } from '@cartographer/machinery';

/** The versions at which Gizmos are served. */
export type GizmoVersion = 'v1' | 'v1beta1';

/** Gizmos at a version. */
export function gizmoType(version: GizmoVersion): ResourceType {
  return { group: 'gizmo.test', version, kind: 'Gizmo', resource: 'gizmos', namespaced: true };
}

/**
 * The kind Gizmo of group gizmo.test at `v1`, which is stored, and `v1beta1`, each with a result of its own: as a kind
 * whose versions a webhook converts.
 */
export function gizmoCrd(served: readonly GizmoVersion[] = ['v1', 'v1beta1']): KubeObject {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = (name: GizmoVersion, result: string) => ({
    name,
    served: served.includes(name),
    storage: name === 'v1',
    subresources: { status: {} },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec: open, status: { type: 'object', properties: { [result]: { type: 'string' } } } },
      },
    },
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gizmos.gizmo.test' },
    spec: {
      group: 'gizmo.test',
      scope: 'Namespaced',
      names: { plural: 'gizmos', singular: 'gizmo', kind: 'Gizmo', listKind: 'GizmoList' },
      versions: [version('v1', 'result'), version('v1beta1', 'oldResult')],
    },
  };
}

/** Where a Gizmo of this version says what came of it. */
export const RESULT = { v1: 'result', v1beta1: 'oldResult' } as const;

/** A chain of one step, `gizmo`, that stamps a Gizmo at a version and hands on its result. */
export function gizmoChain(name: string, version: GizmoVersion, spec = '{a: 1}'): string {
  return `
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: ${name}}
spec:
  imagePath: .status.${RESULT[version]}
  template: {apiVersion: gizmo.test/${version}, kind: Gizmo, metadata: {name: $(workload.metadata.name)$}, spec: ${spec}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ${name}}
spec:
  selector: {chain: ${name}}
  resources:
  - name: gizmo
    templateRef: {kind: ClusterImageTemplate, name: ${name}}
`;
}
