import type { KubeObject } from '@cartographer/machinery';
import { count, open, openList, text, toolCrd } from '../tool-crd.ts';
import { imageType } from './image.ts';

const source = {
  type: 'object',
  description: 'Where the source is; on the laptop it is an archive.',
  properties: {
    blob: {
      type: 'object',
      description: 'An archive of the source: tar.gz.',
      properties: {
        url: text('Where the archive is, mostly the URL of an artifact.'),
        stripComponents: count('How many leading folders of each path are left out.'),
        auth: text('Not supported here.'),
      },
    },
    git: {
      type: 'object',
      description: 'Not supported here: let a GitRepository follow the source.',
      properties: {
        url: text('The repository.'),
        revision: text('The revision.'),
        initializeSubmodules: { type: 'boolean' },
      },
    },
    registry: open('Not supported here: a source in an image.'),
    subPath: text('The folder of the source in which the app is.'),
  },
};

const build = {
  type: 'object',
  description: 'How to build.',
  properties: {
    env: {
      type: 'array',
      description: 'Environment of the commands of the build.',
      items: {
        type: 'object',
        properties: {
          name: text('Name of the variable.'),
          value: text('Its value.'),
          valueFrom: open('Not supported here.'),
        },
        required: ['name'],
      },
    },
    buildTimeout: count('Seconds after which a build is given up; 600 by default.'),
    services: openList('Has no meaning here.'),
    cnbBindings: openList('Has no meaning here.'),
    resources: open('Has no meaning here.'),
    creationTime: text('Has no meaning here: images are always dated 1980-01-01.'),
    nodeSelector: open('Has no meaning here.'),
    tolerations: openList('Has no meaning here.'),
    affinity: open('Has no meaning here.'),
    runtimeClassName: text('Has no meaning here.'),
    schedulerName: text('Has no meaning here.'),
  },
};

const spec = {
  type: 'object',
  description: 'What to build, and from which source.',
  properties: {
    tag: {
      type: 'string',
      description:
        'The name of the image. On the laptop only the part after the last colon is used, as one of its tags.',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'Immutable field changed: spec.tag' }],
    },
    additionalTags: { type: 'array', items: { type: 'string' }, description: 'Has no meaning here.' },
    builder: open('Has no meaning here: there is one builder, which takes Node apps, static sites and Procfiles.'),
    serviceAccountName: text('Has no meaning here.'),
    source,
    build,
    cache: open('Has no meaning here.'),
    notary: open('Has no meaning here.'),
    cosign: open('Has no meaning here.'),
    projectDescriptorPath: text('Has no meaning here.'),
    defaultProcess: text('Has no meaning here.'),
    imageTaggingStrategy: text('Has no meaning here.'),
    failedBuildHistoryLimit: count('How many failed builds are kept.'),
    successBuildHistoryLimit: count('How many images are kept, beside those that a Service runs.'),
  },
  required: ['tag', 'source'],
};

const condition = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    status: { type: 'string' },
    reason: text('The reason as one word.'),
    message: text('Details for a reader.'),
    severity: text('Empty for an error.'),
    lastTransitionTime: { type: 'string', format: 'date-time' },
  },
  required: ['type', 'status'],
};

const status = {
  type: 'object',
  description: 'What was built.',
  properties: {
    observedGeneration: count('The spec that was acted on.'),
    conditions: { type: 'array', items: condition, description: 'How things stand.' },
    latestImage: text('The newest image, by its digest. It is the one of an earlier build while Ready is not True.'),
    latestBuildRef: text('The newest build.'),
    latestBuildImageGeneration: count('The spec that the newest image was built from.'),
    latestBuildReason: text('Why the newest build was needed.'),
    latestStack: text('Unused here.'),
    buildCacheName: text('Unused here.'),
    buildCounter: count('How many builds there were.'),
  },
};

/** The CustomResourceDefinition of Image: the fields of kpack that matter to supply chains, others are let through. */
export const imageCrd: KubeObject = toolCrd({
  type: imageType,
  singular: 'image',
  shortNames: ['img', 'imgs'],
  categories: ['kpack'],
  description: 'An image that is kept up to date with its source.',
  columns: [
    { name: 'LatestImage', type: 'string', jsonPath: '.status.latestImage' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  ],
  spec,
  status,
});
