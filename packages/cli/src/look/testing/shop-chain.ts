/** A chain as people have them: Flux, Tekton, kpack, Knative, and a Deliverable at its end. */
export const SHOP_CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec: {interval: 1m0s, url: $(workload.spec.source.git.url)$, ref: {branch: main}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  urlPath: .spec.params[?(@.name=="url")].value
  revisionPath: .spec.params[?(@.name=="revision")].value
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-test-}
    spec:
      taskRef: {kind: Task, name: test}
      params:
      - {name: url, value: $(source.url)$}
      - {name: revision, value: $(source.revision)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack, annotations: {carto.run/read: healthy}}
spec:
  imagePath: .status.latestImage
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: registry.example.com/team/$(workload.metadata.name)$
      builder: {kind: ClusterBuilder, name: default}
      source: {blob: {url: $(source.url)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: $(workload.metadata.name)$}
    spec: {template: {spec: {containers: [{image: $(image)$}]}}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deliverable}
spec:
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: carto.run/v1alpha1
    kind: Deliverable
    metadata:
      name: $(workload.metadata.name)$
      labels: {type: web}
    spec:
      params: [{name: image, value: $(image)$}]
      source: {git: {url: https://git.example.com/team/config, ref: {branch: main}}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {team.example.com/type: web}
  resources:
  - {name: source, templateRef: {kind: ClusterSourceTemplate, name: git}}
  - {name: test, templateRef: {kind: ClusterSourceTemplate, name: test}, sources: [{name: source, resource: source}]}
  - {name: image, templateRef: {kind: ClusterImageTemplate, name: kpack}, sources: [{name: source, resource: test}]}
  - {name: app, templateRef: {kind: ClusterTemplate, name: app}, images: [{name: image, resource: image}]}
  - {name: deliver, templateRef: {kind: ClusterTemplate, name: deliverable}, images: [{name: image, resource: image}]}
`;

/** What takes the Deliverable to a Deployment. */
export const DELIVERY = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: config}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(deliverable.metadata.name)$-config}
    spec: {interval: 1m0s, url: $(deliverable.spec.source.git.url)$, ref: {branch: main}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  params: [{name: image, default: none}]
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(deliverable.metadata.name)$, annotations: {revision: $(source.revision)$}}
    spec:
      selector: {matchLabels: {app: $(deliverable.metadata.name)$}}
      template:
        metadata: {labels: {app: $(deliverable.metadata.name)$}}
        spec: {containers: [{name: app, image: $(params.image)$}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - {name: source, templateRef: {kind: ClusterSourceTemplate, name: config}}
  - {name: deploy, templateRef: {kind: ClusterTemplate, name: deploy}, sources: [{name: source, resource: source}]}
`;

/** A Workload that the chain serves. */
export const SHOP = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: shop
  namespace: team
  labels: {team.example.com/type: web, app.kubernetes.io/part-of: store}
spec:
  source: {git: {url: https://git.example.com/team/shop, ref: {branch: main}}, subPath: app}
  serviceClaims: [{name: db, ref: {apiVersion: db.example.com/v1, kind: Postgres, name: orders}}]
`;
