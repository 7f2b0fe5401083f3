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
