import type { KubeObject } from '@cartographer/machinery';
import { artifact, condition, DURATION, ready, reference } from '../flux/source-schemas.ts';
import { count, text, toolCrd } from '../tool-crd.ts';
import { ociRepositoryType } from './oci-repository.ts';

const layerSelector = {
  type: 'object',
  description: 'Which layer is taken; the first one by default.',
  properties: {
    mediaType: text('The first layer of this media type.'),
    operation: {
      type: 'string',
      enum: ['extract', 'copy'],
      description: 'Whether the files of the layer are taken, or the layer as it is.',
    },
  },
};

const spec = {
  type: 'object',
  description: 'Which artifact to follow.',
  properties: {
    url: { type: 'string', description: 'The repository: oci://HOST/REPOSITORY.', pattern: '^oci://.*$' },
    ref: {
      type: 'object',
      description: 'The artifact to follow; the tag latest by default.',
      properties: {
        digest: text('An artifact by its digest; goes before everything else.'),
        semver: text('A range of versions: the highest tag in it is taken. Goes before tag.'),
        semverFilter: text('Not supported here: which tags are looked at.'),
        tag: text('A tag.'),
      },
    },
    layerSelector,
    interval: { type: 'string', description: 'How often to look for news, roughly.', pattern: `^${DURATION}$` },
    timeout: {
      type: 'string',
      description: 'Longest time for one look.',
      default: '60s',
      pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$',
    },
    secretRef: reference('A Secret of type kubernetes.io/dockerconfigjson with a login for the registry.'),
    insecure: { type: 'boolean', description: 'Speaks to the registry without TLS; to one on this machine always.' },
    suspend: { type: 'boolean', description: 'Leaves the repository alone while true.' },
    ignore: text('Not supported here: what to leave out.'),
    provider: {
      type: 'string',
      description: 'Who gives the credentials; only generic is supported here.',
      default: 'generic',
      enum: ['generic', 'aws', 'azure', 'gcp'],
    },
    certSecretRef: reference('Not supported here: certificates of the registry.'),
    proxySecretRef: reference('Not supported here: a proxy.'),
    serviceAccountName: text('Not supported here: the account whose pull secrets are used.'),
    verify: {
      type: 'object',
      description: 'Not supported here: whose signatures to demand.',
      properties: {
        provider: { type: 'string', default: 'cosign', enum: ['cosign', 'notation'] },
        secretRef: reference('The public keys.'),
        matchOIDCIdentity: {
          type: 'array',
          items: {
            type: 'object',
            properties: { issuer: text('The issuer.'), subject: text('The subject.') },
            required: ['issuer', 'subject'],
          },
        },
      },
      required: ['provider'],
    },
  },
  required: ['interval', 'url'],
};

const status = {
  type: 'object',
  description: 'What was found.',
  default: { observedGeneration: -1 },
  properties: {
    artifact,
    conditions: { type: 'array', items: condition, description: 'How things stand.' },
    lastHandledReconcileAt: text('The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.'),
    observedGeneration: count('The spec that was acted on with success.'),
    observedIgnore: text('spec.ignore as it went into the artifact.'),
    observedLayerSelector: layerSelector,
    url: text('A link to the newest archive.'),
  },
};

/** The CustomResourceDefinition of OCIRepository, with Flux's fields. */
export const ociRepositoryCrd: KubeObject = toolCrd({
  type: ociRepositoryType,
  singular: 'ocirepository',
  shortNames: ['ocirepo'],
  description: 'An artifact of a registry to follow: each new one becomes an archive with a URL and a digest.',
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.spec.url' },
    { name: 'Ready', type: 'string', jsonPath: ready('status') },
    { name: 'Status', type: 'string', jsonPath: ready('message') },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  spec,
  status,
});
