/** The scanner in the Helm chart: there when `scanner.enabled` says so. */
import type { KubeObject } from '@cartographer/machinery';
import {
  pullSecretsRights,
  type ScannerStore,
  STORE_SIZE,
  scannerFiles,
  scanningCrds,
  scanningRoles,
} from '@cartographer/scanning';
import { documents, forEachNamespace, HELM, kept, onlyIf } from './helm-places.ts';

const ENABLED = '.Values.scanner.enabled';
const WITH_DATABASE = `and ${ENABLED} .Values.scanner.database`;
const WITH_VOLUME = `and ${ENABLED} (not .Values.scanner.database)`;

/** Name and text of each template. Kinds are templates, too: Helm adds none of a chart's `crds/` in an upgrade. */
export function scannerChartFiles(version: string): ReadonlyMap<string, string> {
  const filesFor = (store: ScannerStore): ReadonlyMap<string, readonly KubeObject[]> =>
    scannerFiles({ namespace: HELM.namespace, image: HELM.image, version, store, flags: [HELM.scannerFlag] });
  const volume = filesFor({ kind: 'volume', size: HELM.scannerStorage });
  const database = filesFor({
    kind: 'database',
    secret: HELM.scannerDatabase,
    replicas: HELM.scannerReplicas,
  });
  const files = new Map<string, string>([
    ['scanner-kinds', onlyIf(ENABLED, documents('scanner', scanningCrds().map(kept)))],
    ['scanner-roles', onlyIf(ENABLED, documents('scanner', scanningRoles()))],
    ['scanner-pull-secrets', onlyIf(ENABLED, forEachNamespace('scanner.pullSecretsIn', pullSecrets()))],
  ]);
  for (const [name, objects] of volume) {
    const other = database.get(name);
    if (other === undefined) files.set(`scanner-${name}`, onlyIf(WITH_VOLUME, documents('scanner', objects)));
    else if (documents('scanner', other) === documents('scanner', objects))
      files.set(`scanner-${name}`, onlyIf(ENABLED, documents('scanner', objects)));
    else files.set(`scanner-${name}-with-volume`, onlyIf(WITH_VOLUME, documents('scanner', objects)));
  }
  for (const [name, objects] of database) {
    if (!files.has(`scanner-${name}`)) {
      files.set(`scanner-${name}-with-database`, onlyIf(WITH_DATABASE, documents('scanner', objects)));
    }
  }
  return files;
}

function pullSecrets(): string {
  return documents('scanner', pullSecretsRights(HELM.namespace, [HELM.eachNamespace]));
}

/** The scanner's part of \`values.yaml\`. */
export const SCANNER_VALUES = `# Scans images and sources, and lets policies judge: docs/scanning.md.
scanner:
  enabled: false
  # Namespaces whose pull secrets it may read.
  pullSecretsIn: []
  # Further flags, such as --source-hosts=flux.example.com: carto scanner --help.
  flags: []
  # The volume of its store, for one replica with SQLite.
  storage: ${STORE_SIZE}
  # Name of a Secret whose key url is postgres://…: then there is no volume, and there are replicas.
  database: ''
  replicas: 2
  resources:
    requests:
      cpu: 200m
      memory: 512Mi
    limits:
      memory: 2Gi
`;
