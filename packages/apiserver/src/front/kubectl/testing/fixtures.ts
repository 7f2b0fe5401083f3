/** The kind that the kubectl tests work with. */
export const WIDGET_CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.proto.test}
spec:
  group: proto.test
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [all, protos]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Color, type: string, jsonPath: .spec.color, priority: 1}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: A Widget is something to try kubectl with.
        required: [spec]
        properties:
          spec:
            type: object
            description: What the widget should be.
            required: [size]
            x-kubernetes-validations: [{rule: "self.size < 100 || self.color == 'red'", message: large widgets are red}]
            properties:
              size: {type: integer, minimum: 0, description: How large it is.}
              color: {type: string, enum: [red, green, blue], default: blue, description: Its color.}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`;

/** A widget as YAML. */
export function widget(name: string, spec: string, metadata = ''): string {
  return `apiVersion: proto.test/v1\nkind: Widget\nmetadata: {name: ${name}${metadata}}\nspec: {${spec}}\n`;
}

/** A ConfigMap as YAML. */
export function configMap(name: string, data: string, metadata = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${metadata}}\ndata: {${data}}\n`;
}

/** A Deployment as YAML. */
export function deployment(name: string, spec: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  ${spec}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: c, image: "nginx:1", ports: [{containerPort: 80}]}]}
`;
}
