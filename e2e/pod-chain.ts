/** A chain whose step `pod` completes a pod and whose step `release` reads it, and the account that it acts as. */
export const POD_CHAIN = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: chain, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: chain, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: chain}
subjects: [{kind: ServiceAccount, name: chain, namespace: default}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: pods}
spec:
  selector: {kind: pod}
  serviceAccountRef: {name: chain}
  resources:
  - {name: pod, templateRef: {kind: ClusterConfigTemplate, name: pod}}
  - name: release
    templateRef: {kind: ClusterTemplate, name: release}
    configs: [{name: config, resource: pod}]
---
`;
