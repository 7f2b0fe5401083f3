import { API_VERSION } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';

/** A workload as somebody made it. */
export const MADE: KubeObject = {
  apiVersion: API_VERSION,
  kind: 'Workload',
  metadata: { name: 'web', namespace: 'default', labels: { 'app.kubernetes.io/part-of': 'shop', tier: 'old' } },
  spec: {
    env: [{ name: 'A', value: '1' }],
    params: [{ name: 'ports', value: [8080] }],
    serviceAccountName: 'builder',
    source: { git: { url: 'https://example.com/shop.git', ref: { branch: 'main' } }, subPath: 'app' },
  },
};

/** {@link MADE} with a label, the params and the sub-path taken out. */
export const FEWER: KubeObject = {
  apiVersion: API_VERSION,
  kind: 'Workload',
  metadata: { name: 'web', namespace: 'default', labels: { 'app.kubernetes.io/part-of': 'shop' } },
  spec: {
    env: [{ name: 'A', value: '1' }],
    serviceAccountName: 'builder',
    source: { git: { url: 'https://example.com/shop.git', ref: { branch: 'main' } } },
  },
};

/** Names that programs had when they made {@link MADE}. */
export const MAKERS = ['kubectl apply', "the plugin's PUT", 'carto'] as const;
/** Who made an object. */
export type Maker = (typeof MAKERS)[number];

/** What the old plugin calls itself to a server: the name of its executable. */
export const PLUGIN_AGENT = `v0.13.0_${'7f'.repeat(32)}_kubernetes/v0.0.0 (linux/amd64) kubernetes/$Format`;

/** One way to change what was made, and what comes of it whoever made it. */
export type UpdateRow = {
  readonly how: string;
  readonly file: KubeObject | undefined;
  readonly flags: readonly string[];
  /** Somebody else labelled it before, with `team: a`. */
  readonly isLabelled: boolean;
  readonly labels: JsonObject;
  readonly spec: JsonObject;
  /** Lines of the diff that take away. */
  readonly goes: readonly string[];
};

const specOf = (owner: KubeObject): JsonObject => owner['spec'] as JsonObject;
const FEWER_GOES = ['tier: old', 'params:', 'subPath: app'];

/** {flag only, file with fewer lines, file plus flag, foreign label} */
export const UPDATES: readonly UpdateRow[] = [
  {
    how: 'a flag alone',
    file: undefined,
    flags: ['--env', 'B=2', '--git-branch', 'dev'],
    isLabelled: false,
    labels: { 'app.kubernetes.io/part-of': 'shop', tier: 'old' },
    spec: {
      ...specOf(MADE),
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      source: { git: { url: 'https://example.com/shop.git', ref: { branch: 'dev' } }, subPath: 'app' },
    },
    goes: ['branch: main'],
  },
  {
    how: 'a file with fewer lines',
    file: FEWER,
    flags: [],
    isLabelled: false,
    labels: { 'app.kubernetes.io/part-of': 'shop' },
    spec: specOf(FEWER),
    goes: FEWER_GOES,
  },
  {
    how: 'a file with fewer lines, and flags',
    file: FEWER,
    flags: ['--env', 'A-', '--label', 'tier=new', '--image', 'registry.example/web:1'],
    isLabelled: false,
    labels: { 'app.kubernetes.io/part-of': 'shop', tier: 'new' },
    spec: { image: 'registry.example/web:1', serviceAccountName: 'builder' },
    goes: ['tier: old', 'env:', 'params:', 'source:'],
  },
  {
    how: 'a file with fewer lines, where somebody else set a label',
    file: FEWER,
    flags: ['--label', 'mine=1'],
    isLabelled: true,
    labels: { 'app.kubernetes.io/part-of': 'shop', mine: '1', team: 'a' },
    spec: specOf(FEWER),
    goes: FEWER_GOES,
  },
  {
    how: 'a flag alone, where somebody else set a label',
    file: undefined,
    flags: ['--param', 'ports-', '--sub-path', ''],
    isLabelled: true,
    labels: { 'app.kubernetes.io/part-of': 'shop', tier: 'old', team: 'a' },
    spec: {
      env: [{ name: 'A', value: '1' }],
      serviceAccountName: 'builder',
      source: { git: { url: 'https://example.com/shop.git', ref: { branch: 'main' } } },
    },
    goes: ['params:', 'subPath: app'],
  },
];
