import {
  boolean,
  choice,
  condition,
  defineKind,
  type Infer,
  integer,
  list,
  namespaceSelector,
  type ObjectOfKind,
  object,
  observedGeneration,
  type PrinterColumn,
  required,
  span,
  string,
  text,
  withDefault,
} from '@cartographer/api';
import { SCANNING_GROUP } from './group.ts';

/** Severities that a policy may name, from the worst. */
const NAMED_SEVERITIES = ['Critical', 'High', 'Medium', 'Low'] as const;

/** Names of vulnerabilities: `CVE-2021-44228`, `GHSA-jfh8-c2jp-5v3q`, `RUSTSEC-2021-0001`, `PYSEC-2021-1`. */
export const VULNERABILITY = '^[A-Za-z0-9][A-Za-z0-9._:-]*$';
const vulnerability = (description: string) => string(description, { pattern: VULNERABILITY, maxLength: 128 });

const rule = object(
  'Holds for a finding when all its clauses do.',
  {
    severityAtLeast: choice('The finding is as severe, or worse.', NAMED_SEVERITIES),
    fixable: boolean('Whether there is a version without it.'),
    ids: list(
      'It is one of these: names, other names and those of records it was made from count.',
      vulnerability('A name.'),
      {
        minItems: 1,
        maxItems: 1000,
      },
    ),
    ecosystem: text("The package's ecosystem: npm, Go, Debian (each release) or Debian:12 (that one).", 64),
    olderThan: span('The advisory was published so long ago; one without a date is older than anything.'),
    expression: text('A CEL expression over `finding` that is true. Fails closed.', 4096),
  },
  { notEmpty: true },
);
/** A rule of a policy. */
export type ScanRule = Infer<typeof rule>;

const rules = (description: string) => list(description, rule, { maxItems: 64 });
const answer = (description: string, values: readonly ['Refuse' | 'Warn', 'Refuse' | 'Warn']) =>
  withDefault(values[0], choice(description, values));

const policySpec = object('Which namespaces it is for, and what it lets through.', {
  namespaceSelector: required(namespaceSelector),
  deny: rules('Any rule that holds for a finding refuses.'),
  warn: rules('Any rule that holds for a finding is told, and refuses nothing.'),
  unknownSeverityIs: withDefault('High', choice('How severe a finding without a severity is.', NAMED_SEVERITIES)),
  graceAfterPublication: withDefault('0s', span('So long a fresh advisory warns before it refuses.')),
  onNewFinding: withDefault(
    'Close',
    choice('Of an artifact that passed before: whether a new finding closes the gate, or is told.', [
      'Close',
      'Notify',
    ]),
  ),
  onMissingInventory: answer('When nothing, or not everything, could be read.', ['Refuse', 'Warn']),
  advisories: withDefault(
    {},
    object('What is expected of advisories.', {
      maxAge: withDefault('120h', span('So long ago a source may have been fetched last.')),
      onStale: answer('When one is older.', ['Refuse', 'Warn']),
      onUncovered: answer('When no source has advisories for an ecosystem of the inventory.', ['Warn', 'Refuse']),
    }),
  ),
  inventory: object('Whose inventories replace the reading of layers and files.', {
    trust: list('Public keys, PEM: an inventory with a signature by one of them counts alone.', text('A key.', 8192), {
      maxItems: 16,
    }),
  }),
  findings: object('Whose findings count besides those that are matched here: those of scanners of the operator.', {
    trust: required(
      list(
        'Public keys, PEM: findings that are attached to an image with a signature by one of them count.',
        text('A key.', 8192),
        { minItems: 1, maxItems: 16 },
      ),
    ),
    onMissing: answer('When none are attached to an image yet, or some of them cannot be read.', ['Refuse', 'Warn']),
    interval: withDefault('1h', span('So often it is looked whether more are attached.')),
  }),
  exceptions: withDefault(
    {},
    object('What a VulnerabilityException of a namespace may excuse; those of the cluster may excuse everything.', {
      namespaced: withDefault('Never', choice('Whether they count at all.', ['Never', 'Allowed'])),
      maxDays: withDefault(
        90,
        integer('So many days, from the first sight of the vulnerability in the namespace.', {
          minimum: 1,
          maximum: 3650,
        }),
      ),
      upTo: withDefault('High', choice('The worst severity that they may excuse.', NAMED_SEVERITIES)),
    }),
  ),
});
/** `spec` of a ClusterScanPolicy as it is stored: without defaults where they were not filled in. */
export type ClusterScanPolicySpec = Infer<typeof policySpec>;

const policyStatus = object('What the scanner found.', {
  observedGeneration,
  conditions: list('`Ready` is False for an expression that does not compile.', condition),
});

/** `status` of a ClusterScanPolicy. */
export type ClusterScanPolicyStatus = Infer<typeof policyStatus>;

const policyColumns: readonly PrinterColumn[] = [
  { name: 'Unknown is', type: 'string', jsonPath: '.spec.unknownSeverityIs' },
  { name: 'New finding', type: 'string', jsonPath: '.spec.onNewFinding' },
  { name: 'Exceptions', type: 'string', jsonPath: '.spec.exceptions.namespaced' },
  { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** The kind ClusterScanPolicy. */
export const clusterScanPolicyKind = defineKind({
  group: SCANNING_GROUP,
  kind: 'ClusterScanPolicy',
  plural: 'clusterscanpolicies',
  shortName: 'csp',
  namespaced: false,
  description: 'What scans let through. Every policy that selects a namespace is asked for each scan in it.',
  columns: policyColumns,
  spec: policySpec,
  status: policyStatus,
});
/** What scans let through. */
export type ClusterScanPolicy = ObjectOfKind<typeof clusterScanPolicyKind>;
