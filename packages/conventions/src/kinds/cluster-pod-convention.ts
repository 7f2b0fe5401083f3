import {
  choice,
  defineKind,
  type Infer,
  integer,
  list,
  map,
  type ObjectOfKind,
  object,
  type PrinterColumn,
  required,
  string,
  text,
  withDefault,
} from '@cartographer/api';

import { CONVENTIONS_CATEGORY, CONVENTIONS_GROUP } from './group.ts';
import { rulesSpec } from './rule-spec.ts';

/** When a convention is applied, the first first. */
export const PRIORITIES = ['Early', 'Normal', 'Late'] as const;
/** Whose labels selectors read. */
const SELECTOR_TARGETS = ['PodTemplateSpec', 'PodIntent'] as const;
/** What is told of images, besides their names. */
export const INCLUDES = ['config', 'boms'] as const;
/** One of {@link INCLUDES}. */
export type Include = (typeof INCLUDES)[number];

/** How long a convention server is waited for; the original waits so long, too. */
export const DEFAULT_TIMEOUT_SECONDS = 30;

const NAME = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$';
const name = (what: string) => string(what, { pattern: NAME, maxLength: 253 });
const MOST_SELECTORS = 64;

const VALUES_RULE = {
  rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
  message: 'values are for In and NotIn, which need at least one',
};

const selector = object('Labels that must be there; all of it has to hold. Without an entry it selects everything.', {
  matchLabels: map('Labels and the values they must have.', string('A value.', { maxLength: 63 })),
  matchExpressions: list(
    'Requirements on labels.',
    object(
      'A requirement.',
      {
        key: required(text('Key of the label.', 317)),
        operator: required(choice('What must hold.', ['In', 'NotIn', 'Exists', 'DoesNotExist'])),
        values: list('Values to compare with.', string('A value.', { maxLength: 63 }), { maxItems: 64 }),
      },
      { rules: [VALUES_RULE] },
    ),
    { maxItems: 32 },
  ),
});

const service = object('A Service in this cluster.', {
  namespace: required(name('Its namespace.')),
  name: required(name('Its name.')),
  path: string('Path of the convention.', { pattern: '^/[^\\s?#]*$', maxLength: 1024 }),
  port: withDefault(443, integer('Its port.', { minimum: 1, maximum: 65_535 })),
});

const clientConfig = object(
  'Where the server is, as webhooks of Kubernetes have it.',
  {
    url: string('Its URL: https, with nothing behind the path.', {
      pattern: '^https://[^\\s/?#@]+(/[^\\s?#]*)?$',
      maxLength: 2048,
    }),
    service,
    caBundle: text(
      'Whom to trust besides the system: PEM, as base64. `certificate` and `caFrom` go before it.',
      1_048_576,
    ),
  },
  {
    rules: [
      { rule: '!has(self.url) || !has(self.service)', message: 'expected exactly one, got both: [url, service]' },
      { rule: 'has(self.url) || has(self.service)', message: 'expected exactly one, got neither: [url, service]' },
    ],
  },
);

const caSource = (kind: string) =>
  object(`A ${kind}.`, {
    namespace: required(name('Its namespace.')),
    name: required(name('Its name.')),
    key: withDefault('ca.crt', text('Which of its values.', 253)),
  });

const webhook = object(
  'A server that applies the convention.',
  {
    clientConfig: required(clientConfig),
    certificate: object("cert-manager's Certificate of the server; whoever issued it is trusted.", {
      namespace: required(name('Its namespace.')),
      name: required(name('Its name.')),
    }),
    caFrom: object(
      'Where the certificates to trust are read: PEM, followed as it changes.',
      { secretRef: caSource('Secret'), configMapRef: caSource('ConfigMap') },
      {
        rules: [
          {
            rule: 'has(self.secretRef) != has(self.configMapRef)',
            message: 'expected exactly one of secretRef and configMapRef',
          },
        ],
      },
    ),
    timeoutSeconds: withDefault(
      DEFAULT_TIMEOUT_SECONDS,
      integer('How long the server is waited for.', { minimum: 1, maximum: 60 }),
    ),
    include: list(
      'What is told of images besides their names; their config and their bills of material without it.',
      choice('One of both.', INCLUDES),
      { maxItems: 2 },
    ),
  },
  {
    rules: [
      {
        rule: '!has(self.certificate) || !has(self.caFrom)',
        message: 'expected at most one of certificate and caFrom',
      },
    ],
  },
);
/** `spec.webhook` of a ClusterPodConvention. */
export type WebhookSpec = Infer<typeof webhook>;

const conventionSpec = object(
  'Which pods it is for, when it comes, and who applies it.',
  {
    selectors: list('Which pods: those that any of these selects, all of them without one.', selector, {
      maxItems: MOST_SELECTORS,
    }),
    selectorTarget: withDefault(
      'PodTemplateSpec',
      choice('Whose labels `selectors` read: those of the pod template, or of the PodIntent.', SELECTOR_TARGETS),
    ),
    priority: withDefault(
      'Normal',
      choice('When it is applied: Early before Normal before Late, and by name among equals.', PRIORITIES),
    ),
    webhook,
    rules: rulesSpec,
  },
  {
    rules: [{ rule: 'has(self.webhook) != has(self.rules)', message: 'expected exactly one of webhook and rules' }],
  },
);
/** `spec` of a ClusterPodConvention. */
export type ClusterPodConventionSpec = Infer<typeof conventionSpec>;

const columns: readonly PrinterColumn[] = [
  { name: 'Priority', type: 'string', jsonPath: '.spec.priority', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** The kind ClusterPodConvention. */
export const clusterPodConventionKind = defineKind({
  group: CONVENTIONS_GROUP,
  kind: 'ClusterPodConvention',
  plural: 'clusterpodconventions',
  shortName: 'cpodconv',
  namespaced: false,
  categories: [CONVENTIONS_CATEGORY],
  description: 'What an operator knows about pods: applied to every PodIntent that it fits, by a server or by rules.',
  columns,
  spec: conventionSpec,
});
/** What an operator knows about pods. */
export type ClusterPodConvention = ObjectOfKind<typeof clusterPodConventionKind>;
