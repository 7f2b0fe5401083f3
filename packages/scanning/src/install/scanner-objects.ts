import type { JsonObject, KubeObject } from '@cartographer/machinery';
import {
  METRICS_PORT,
  processDeployment,
  processDisruptionBudget,
  processMetricsService,
  processNetworkPolicy,
} from '@cartographer/runtime';
import { SCANNER_LABELS, SCANNER_NAMES } from './names.ts';

/** Where the store is: a file of SQLite on a volume of one replica, or PostgreSQL, whose URL a Secret holds. */
export type ScannerStore =
  | { readonly kind: 'volume'; readonly size: string }
  /** Name of a Secret in the scanner's namespace; its key `url` holds `postgres://…`. */
  | { readonly kind: 'database'; readonly secret: string; readonly replicas: number };

/** What may differ between installations of the scanner. */
export type ScannerValues = {
  readonly namespace: string;
  readonly image: string;
  readonly version: string;
  readonly store: ScannerStore;
  /** Further flags of `carto scanner`. */
  readonly flags: readonly string[];
};

/** Verdicts in work are given up, the lease is given back, and the store is closed: 10 s each at most. */
const STOP_SECONDS = 40;
const DATA = '/data';
/** Archives of advisories on their way, and lists of rpm, are put there. */
const TMP = { volume: { name: 'tmp', emptyDir: { sizeLimit: '4Gi' } }, path: '/tmp' } as const;
const URL_KEY = 'url';
/** The port of questions in the pod. */
const QUESTIONS_PORT = 9444;

const part = (namespace: string) => ({ name: SCANNER_NAMES.scanner, namespace, labels: SCANNER_LABELS });

/**
 * The scanner. With a volume there is one, and a new one starts when the old one has let go of the file; with a database one
 * leads and the others stand by.
 */
export function scannerDeployment({ namespace, image, version, store, flags }: ScannerValues): KubeObject {
  return processDeployment({
    ...part(namespace),
    labels: { ...SCANNER_LABELS, 'app.kubernetes.io/version': version },
    ...howManyOf(store),
    stopSeconds: STOP_SECONDS,
    container: 'scanner',
    image,
    args: [
      'scanner',
      '--leader-elect',
      `--metrics-address=0.0.0.0:${METRICS_PORT}`,
      `--questions-address=0.0.0.0:${QUESTIONS_PORT}`,
      ...(store.kind === 'volume' ? [`--store=${DATA}/scanning.db`] : []),
      ...flags,
    ],
    ...(store.kind === 'volume' ? {} : { env: [storeUrl(store.secret)] }),
    ports: { questions: QUESTIONS_PORT },
    resources: { requests: { cpu: '200m', memory: '512Mi' }, limits: { memory: '2Gi' } },
    volumes: [...(store.kind === 'volume' ? [dataVolume()] : []), TMP],
  });
}

function howManyOf(store: ScannerStore): { readonly replicas: number; readonly strategy: JsonObject } {
  if (store.kind === 'volume') return { replicas: 1, strategy: { type: 'Recreate' } };
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  return { replicas: store.replicas, strategy: { type: 'RollingUpdate', rollingUpdate } };
}

/** `carto scanner` takes it for `--store`; on the command line everybody on the node could read it. */
function storeUrl(secret: string): JsonObject {
  return { name: 'CARTO_STORE', valueFrom: { secretKeyRef: { name: secret, key: URL_KEY } } };
}

function dataVolume() {
  const volume = { name: 'data', persistentVolumeClaim: { claimName: SCANNER_NAMES.scanner } };
  return { volume, path: DATA };
}

/** The volume of the file of SQLite. What it holds can be made again from registries and sources. */
export function scannerVolume(namespace: string, size: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: SCANNER_NAMES.scanner, namespace, labels: SCANNER_LABELS },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } },
  };
}

/** Metrics for Prometheus. */
export function scannerMetricsService(namespace: string): KubeObject {
  return processMetricsService(part(namespace), SCANNER_NAMES.metricsService);
}

/** Where questions about the store are asked, over HTTPS. */
export function scannerQuestionsService(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: SCANNER_NAMES.questionsService, namespace, labels: SCANNER_LABELS },
    spec: {
      selector: { app: SCANNER_NAMES.scanner },
      ports: [{ name: 'questions', port: 443, protocol: 'TCP', targetPort: 'questions' }],
    },
  };
}

/** Keeps one of several replicas when nodes are drained. */
export function scannerDisruptionBudget(namespace: string): KubeObject {
  return processDisruptionBudget(part(namespace));
}

/** In: metrics and questions. Out: registries and archives, wherever they are; which of them are asked is its own to refuse. */
export function scannerNetworkPolicy(namespace: string): KubeObject {
  return processNetworkPolicy(part(namespace), ['questions']);
}
