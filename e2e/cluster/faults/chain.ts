/** The namespace of a stage with the account of its chain; what the account may do is in {@link bindingYaml}. */
export function accountYaml(namespace: string): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: ${namespace}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: chain, namespace: ${namespace}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: chain, namespace: ${namespace}}
rules:
- {apiGroups: ['', ${namespace}.test], resources: [configmaps, things], verbs: [get, list, watch, create, update, patch, delete]}
---
${bindingYaml(namespace)}`;
}

/** Binds the account to its rights. */
export function bindingYaml(namespace: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: chain, namespace: ${namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: chain}
subjects: [{kind: ServiceAccount, name: chain, namespace: ${namespace}}]
`;
}

/** A ConfigMap, a run that is made anew for each value, and a ConfigMap made from the run: the workload says which value. */
export function chainYaml(namespace: string): string {
  return `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: ${namespace}-first, labels: {test/stage: ${namespace}}}
spec:
  configPath: .data.value
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-first}
    data: {value: $(params.value)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: ${namespace}-run, labels: {test/stage: ${namespace}}}
spec:
  lifecycle: immutable
  retentionPolicy: {maxFailedRuns: 100, maxSuccessfulRuns: 100}
  configPath: .data.value
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {generateName: $(workload.metadata.name)$-run-, labels: {test/run: 'true'}}
    data: {value: $(config)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: ${namespace}-last, labels: {test/stage: ${namespace}}}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-last}
    data: {value: $(config)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ${namespace}, labels: {test/stage: ${namespace}}}
spec:
  selector: {test/chain: ${namespace}}
  serviceAccountRef: {name: chain}
  resources:
  - {name: first, templateRef: {kind: ClusterConfigTemplate, name: ${namespace}-first}}
  - {name: run, templateRef: {kind: ClusterConfigTemplate, name: ${namespace}-run}, configs: [{name: in, resource: first}]}
  - {name: last, templateRef: {kind: ClusterTemplate, name: ${namespace}-last}, configs: [{name: in, resource: run}]}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: app, namespace: ${namespace}, labels: {test/chain: ${namespace}}}
spec: {params: [{name: value, value: start}]}
`;
}

/** A workload whose chain begins with a Thing, a kind of the stage's own. */
export function thingChainYaml(namespace: string): string {
  return `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: ${namespace}-thing, labels: {test/stage: ${namespace}}}
spec:
  configPath: .spec.value
  template:
    apiVersion: ${namespace}.test/v1
    kind: Thing
    metadata: {name: $(workload.metadata.name)$-thing}
    spec: {value: $(workload.metadata.name)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ${namespace}-things, labels: {test/stage: ${namespace}}}
spec:
  selector: {test/chain: ${namespace}-things}
  serviceAccountRef: {name: chain}
  resources:
  - {name: thing, templateRef: {kind: ClusterConfigTemplate, name: ${namespace}-thing}}
  - {name: last, templateRef: {kind: ClusterTemplate, name: ${namespace}-last}, configs: [{name: in, resource: thing}]}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: made, namespace: ${namespace}, labels: {test/chain: ${namespace}-things}}
spec: {}
`;
}

/** The definition of that kind. */
export function thingDefinitionYaml(namespace: string): string {
  return `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.${namespace}.test}
spec:
  group: ${namespace}.test
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing, listKind: ThingList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
}
