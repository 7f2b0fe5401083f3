/** The places of Helm's values in text that was made from objects. */
import { type KubeObject, toYaml } from '@cartographer/machinery';

/** Stands for what is known only to Helm, while the objects are made; nothing else in them reads like it. */
export const HELM = {
  namespace: 'NAMESPACE-OF-THE-RELEASE',
  image: 'IMAGE-OF-THE-CONTROLLER',
  /** Numbers: nothing else is this large. */
  replicas: 424_242,
  scannerReplicas: 434_343,
  scannerStorage: 'STORAGE-OF-THE-SCANNER',
  scannerDatabase: 'DATABASE-OF-THE-SCANNER',
  scannerFlag: 'FLAG-OF-THE-SCANNER',
  jenkinsReplicas: 444_444,
  jenkinsFlag: 'FLAG-OF-JENKINS',
  conventionsReplicas: 454_545,
  conventionsFlag: 'FLAG-OF-CONVENTIONS',
  eachNamespace: 'EACH-NAMESPACE',
} as const;

/** Of containers, which ask for processor time; volumes ask for storage. */
const RESOURCES = /^( *)resources:\n\1 {2}requests:\n\1 {4}cpu:.*\n(?:\1 {4}.*\n|\1 {2}(?:requests|limits):\n)+/gm;

/** What takes the place of each, but for resources of containers. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String(HELM.replicas), 'g'), '{{ .Values.replicas }}'],
  [new RegExp(String(HELM.scannerReplicas), 'g'), '{{ .Values.scanner.replicas }}'],
  [new RegExp(String(HELM.jenkinsReplicas), 'g'), '{{ .Values.jenkins.replicas }}'],
  [new RegExp(String(HELM.conventionsReplicas), 'g'), '{{ .Values.conventions.replicas }}'],
  [new RegExp(HELM.namespace, 'g'), '{{ .Release.Namespace }}'],
  [new RegExp(`(['"]?)${HELM.image}\\1`, 'g'), '"{{ .Values.image.repository }}:{{ .Values.image.tag }}"'],
  [new RegExp(HELM.scannerStorage, 'g'), '{{ .Values.scanner.storage }}'],
  [new RegExp(HELM.scannerDatabase, 'g'), '{{ .Values.scanner.database }}'],
  [
    new RegExp(`^( *)- ${HELM.scannerFlag}\\n`, 'gm'),
    '$1{{- range .Values.scanner.flags }}\n$1- {{ toJson . }}\n$1{{- end }}\n',
  ],
  [
    new RegExp(`^( *)- ${HELM.jenkinsFlag}\\n`, 'gm'),
    '$1{{- range .Values.jenkins.flags }}\n$1- {{ toJson . }}\n$1{{- end }}\n',
  ],
  [
    new RegExp(`^( *)- ${HELM.conventionsFlag}\\n`, 'gm'),
    '$1{{- range .Values.conventions.flags }}\n$1- {{ toJson . }}\n$1{{- end }}\n',
  ],
];

/** The text with values of the chart in their places. `resources` is the value that those of containers are. */
export function templated(text: string, resources: string): string {
  const withResources = text.replace(RESOURCES, `$1resources: {{ toJson .Values.${resources} }}\n`);
  return PLACES.reduce((result, [place, value]) => result.replace(place, value), withResources);
}

/** The text, where a condition on values holds. */
export function onlyIf(condition: string, text: string): string {
  return `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

/** The text for each namespace of a value. Within a range, the values of the release are those of `$`. */
export function forEachNamespace(value: string, text: string): string {
  const each = text.replaceAll('.Release', '$.Release').replaceAll(HELM.eachNamespace, '{{ . }}');
  return `{{- range .Values.${value} }}\n---\n${each}{{- end }}\n`;
}

/** A definition that Helm leaves when the chart goes, so that no object of it goes with it. */
export function kept(definition: KubeObject): KubeObject {
  const { metadata } = definition;
  const annotations = { ...metadata.annotations, 'helm.sh/resource-policy': 'keep' };
  return { ...definition, metadata: { ...metadata, annotations } };
}

/** Objects of a part of the chart as one text, with values in their places. */
export function documents(part: string, objects: readonly KubeObject[]): string {
  return templated(objects.map((object) => toYaml(object)).join('---\n'), `${part}.resources`);
}

/** A part of which one replica leads and the others stand by. */
type StandbyChart = {
  /** Its name among the values; `NAME.enabled` says whether it is there. */
  readonly part: string;
  readonly definitions: readonly KubeObject[];
  readonly roles: readonly KubeObject[];
  /** What it may do in each namespace of a value, and the name of the template for that. */
  readonly rights: { readonly file: string; readonly value: string; readonly objects: readonly KubeObject[] };
  readonly files: ReadonlyMap<string, readonly KubeObject[]>;
};

/** Name and text of each of its templates. Kinds are templates, too: Helm adds none of a chart's `crds/` in an upgrade. */
export function standbyChartFiles({
  part,
  definitions,
  roles,
  rights,
  files,
}: StandbyChart): ReadonlyMap<string, string> {
  const each = forEachNamespace(`${part}.${rights.value}`, documents(part, rights.objects));
  const texts = [
    ['kinds', documents(part, definitions.map(kept))],
    ['roles', documents(part, roles)],
    [rights.file, each],
    ...[...files].map(([name, objects]) => [name, documents(part, objects)] as const),
  ] as const;
  return new Map(texts.map(([name, text]) => [`${part}-${name}`, onlyIf(`.Values.${part}.enabled`, text)]));
}
