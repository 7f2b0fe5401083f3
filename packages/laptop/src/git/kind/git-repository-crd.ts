import type { KubeObject } from '@cartographer/machinery';
import { artifact, condition, DURATION, ready, reference } from '../../flux/source-schemas.ts';
import { count, text, toolCrd } from '../../tool-crd.ts';
import { gitRepositoryType } from './git-repository.ts';

const include = {
  type: 'object',
  properties: {
    fromPath: text('What to take of the other artifact; all of it by default.'),
    repository: reference('The GitRepository whose artifact is taken in.'),
    toPath: text('Where to put it; a folder named after the repository by default.'),
  },
  required: ['repository'],
};

const spec = {
  type: 'object',
  description: 'Which repository to follow, and which revision of it.',
  properties: {
    url: {
      type: 'string',
      description: 'The repository: an HTTP, HTTPS, SSH or file URL, or an absolute path on this machine.',
      pattern: '^((http|https|ssh|file)://.*|/.*)$',
    },
    ref: {
      type: 'object',
      description: 'The revision to follow; the branch master by default.',
      properties: {
        branch: text('A branch: master if nothing else is named.'),
        tag: text('A tag; goes before semver and branch.'),
        semver: text('A range of versions: the highest tag in it is taken. Goes before branch.'),
        name: text('Any ref by its full name, such as refs/pull/420/head; goes before tag, semver and branch.'),
        commit: text('A commit by its full hash; goes before everything else. With branch, it has to be part of it.'),
      },
    },
    interval: { type: 'string', description: 'How often to look for news, roughly.', pattern: `^${DURATION}$` },
    timeout: {
      type: 'string',
      description: 'Longest time for one look.',
      default: '60s',
      pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$',
    },
    secretRef: reference(
      'Credentials. HTTP(S): username and password, or bearerToken, and ca.crt. SSH: identity, known_hosts, and password for the key.',
    ),
    ignore: text('What to leave out of the archive, in the format of .gitignore. Replaces the built-in list.'),
    suspend: { type: 'boolean', description: 'Leaves the repository alone while true.' },
    recurseSubmodules: { type: 'boolean', description: 'Takes submodules along.' },
    sparseCheckout: {
      type: 'array',
      items: { type: 'string' },
      description: 'Takes only these folders.',
    },
    include: { type: 'array', items: include, description: 'Not supported here: artifacts to merge in.' },
    verify: {
      type: 'object',
      description: 'Not supported here: whose signatures to demand.',
      properties: {
        mode: { type: 'string', default: 'HEAD', enum: ['head', 'HEAD', 'Tag', 'TagAndHEAD'] },
        secretRef: reference('The public keys.'),
      },
      required: ['secretRef'],
    },
    proxySecretRef: reference('Not supported here: a proxy; the proxy variables of the environment are honoured.'),
    provider: {
      type: 'string',
      description: 'Who gives the credentials; only generic is supported here.',
      enum: ['generic', 'azure', 'github'],
    },
    serviceAccountName: text('Not supported here: the account for provider azure.'),
  },
  required: ['interval', 'url'],
  'x-kubernetes-validations': [
    {
      message: "serviceAccountName can only be set when provider is 'azure'",
      rule: "!has(self.serviceAccountName) || (has(self.provider) && self.provider == 'azure')",
    },
  ],
};

const status = {
  type: 'object',
  description: 'What was found.',
  default: { observedGeneration: -1 },
  properties: {
    artifact,
    conditions: { type: 'array', items: condition, description: 'How things stand.' },
    includedArtifacts: { type: 'array', items: artifact, description: 'Artifacts that were merged in.' },
    lastHandledReconcileAt: text('The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.'),
    observedGeneration: count('The spec that was acted on with success.'),
    observedIgnore: text('spec.ignore as it went into the artifact.'),
    observedInclude: { type: 'array', items: include },
    observedRecurseSubmodules: { type: 'boolean', description: 'spec.recurseSubmodules as it went into the artifact.' },
    observedSparseCheckout: {
      type: 'array',
      items: { type: 'string' },
      description: 'spec.sparseCheckout as it went into the artifact.',
    },
    sourceVerificationMode: text('How signatures were verified.'),
  },
};

/** The CustomResourceDefinition of GitRepository: Flux's fields, and local repositories allowed in `spec.url`. */
export const gitRepositoryCrd: KubeObject = toolCrd({
  type: gitRepositoryType,
  singular: 'gitrepository',
  shortNames: ['gitrepo'],
  description: 'A Git repository to follow: each new revision becomes an archive with a URL and a digest.',
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.spec.url' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Ready', type: 'string', jsonPath: ready('status') },
    { name: 'Status', type: 'string', jsonPath: ready('message') },
  ],
  spec,
  status,
});
