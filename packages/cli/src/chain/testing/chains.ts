const config = (name: string, extra = ''): string => `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: ${name}}
spec:
  configPath: .data.value
${extra}  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-${name}}
    data: {value: ${name}}
---`;

const MULTI =
  '{multiMatch: {healthy: {matchFields: [{key: .data.value, operator: In, values: [build]}]}, ' +
  'unhealthy: {matchConditions: [{type: Failed, status: "True"}]}}}';

/**
 * Chains of every sort with their owners: two ways from one source meet again; one step waits for a condition, one has a
 * template that is not there; two chains are twins; one goes round and round.
 */
export const CHAINS = `
${config('source', '  params: [{name: branch, default: main}]\n')}
${config('lint')}
${config('build', `  lifecycle: immutable\n  healthRule: ${MULTI}\n`)}
${config('scan', '  healthRule: {singleConditionType: Ready}\n').replace('.data.value', '.data.report')}
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  params: [{name: size, default: {cpu: 100m}}]
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: finish}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {lint: $(configs.lint.config)$, scan: $(configs.scan.config)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web-app}
spec:
  selector: {type: web}
  selectorMatchExpressions: [{key: team, operator: NotIn, values: [red, blue]}]
  selectorMatchFields: [{key: spec.source.git.url, operator: Exists}]
  serviceAccountRef: {name: default}
  params: [{name: size, value: {cpu: 250m}}]
  resources:
  - {name: source, templateRef: {kind: ClusterConfigTemplate, name: source}, params: [{name: branch, default: trunk}]}
  - {name: lint, templateRef: {kind: ClusterConfigTemplate, name: lint}, configs: [{name: source, resource: source}]}
  - {name: build, templateRef: {kind: ClusterConfigTemplate, name: build}, configs: [{name: code, resource: source}]}
  - {name: scan, templateRef: {kind: ClusterConfigTemplate, name: scan}, configs: [{name: build, resource: build}]}
  - name: app
    templateRef:
      kind: ClusterTemplate
      options:
      - {name: app, selector: {matchLabels: {size: large}}}
      - {name: small-app, selector: {matchExpressions: [{key: size, operator: DoesNotExist}]}}
    configs: [{name: lint, resource: lint}, {name: scan, resource: scan}, {name: source, resource: source}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: twin}
spec:
  selector: {type: twin}
  resources: [{name: only, templateRef: {kind: ClusterConfigTemplate, name: lint}}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: twin-two}
spec:
  selector: {type: twin}
  resources: [{name: only, templateRef: {kind: ClusterConfigTemplate, name: lint}}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: simple}
spec:
  selector: {type: simple}
  resources:
  - {name: source, templateRef: {kind: ClusterConfigTemplate, name: source}}
  - {name: lint, templateRef: {kind: ClusterConfigTemplate, name: lint}, configs: [{name: source, resource: source}]}
  - {name: scan, templateRef: {kind: ClusterConfigTemplate, name: scan}, configs: [{name: source, resource: source}]}
  - name: end
    templateRef: {kind: ClusterTemplate, name: finish}
    configs: [{name: lint, resource: lint}, {name: scan, resource: scan}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: simple}
spec:
  selector: {type: simple}
  resources: [{name: only, templateRef: {kind: ClusterConfigTemplate, name: gone}}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: ring}
spec:
  selector: {type: ring}
  resources:
  - {name: egg, templateRef: {kind: ClusterConfigTemplate, name: lint}, configs: [{name: hen, resource: hen}]}
  - {name: hen, templateRef: {kind: ClusterConfigTemplate, name: lint}, configs: [{name: egg, resource: egg}]}
  - name: self
    templateRef: {kind: ClusterConfigTemplate, name: lint}
    configs: [{name: self, resource: self}, {name: lost, resource: nowhere}]
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: default, labels: {type: simple}}
spec: {}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: blog, namespace: default, labels: {type: simple}}
spec: {}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: lonely, namespace: default, labels: {type: webb, team: green}}
spec: {}
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: {name: shop, namespace: default, labels: {type: simple}}
spec: {}
`;
