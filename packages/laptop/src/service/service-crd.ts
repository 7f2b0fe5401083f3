import type { KubeObject } from '@cartographer/machinery';
import { count, open, openList, text, toolCrd } from '../tool-crd.ts';
import { serviceType } from './service.ts';

/** The types of what is read, as Knative's definition has them; templates stamp null for what an owner does not have. */
const container = {
  type: 'object',
  properties: {
    env: {
      type: 'array',
      nullable: true,
      description: 'Variables; Knative sets PORT, K_SERVICE, K_CONFIGURATION and K_REVISION.',
      items: {
        type: 'object',
        properties: {
          name: text('The name.'),
          value: { type: 'string', nullable: true, description: 'The value.' },
        },
        required: ['name'],
        'x-kubernetes-preserve-unknown-fields': true,
      },
    },
  },
  'x-kubernetes-preserve-unknown-fields': true,
};

const spec = {
  type: 'object',
  description: 'The app to run.',
  properties: {
    template: {
      type: 'object',
      description: 'What a revision is made of: each change makes a new one.',
      properties: {
        metadata: open('Annotations and the name of the revision.'),
        spec: {
          type: 'object',
          description: 'A pod with one container. On the laptop it becomes a process.',
          properties: {
            containers: {
              type: 'array',
              description:
                'The one container: image, command, args, env, envFrom, workingDir, readinessProbe and the memory limit count here.',
              items: container,
            },
            timeoutSeconds: count('How long a request may take; 300 by default.'),
            responseStartTimeoutSeconds: count('How long until the answer to a request begins.'),
            idleTimeoutSeconds: count('How long a request may go on without anything of its answer.'),
            containerConcurrency: count('How many requests the app gets at a time; 0 for any number.'),
          },
          required: ['containers'],
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    },
    traffic: openList('Has no meaning here: all requests go to the newest revision that answers.'),
  },
};

const condition = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    status: { type: 'string' },
    reason: text('The reason as one word.'),
    message: text('Details for a reader.'),
    severity: text('Empty for an error.'),
    lastTransitionTime: { type: 'string' },
  },
  required: ['type', 'status'],
};

const status = {
  type: 'object',
  description: 'What runs.',
  properties: {
    observedGeneration: count('The spec that was acted on.'),
    conditions: { type: 'array', items: condition, description: 'How things stand.' },
    url: text('Where the app answers.'),
    address: { type: 'object', description: 'The same for other apps.', properties: { url: { type: 'string' } } },
    latestCreatedRevisionName: text('The revision of the spec.'),
    latestReadyRevisionName: text('The newest revision that has answered.'),
    traffic: {
      type: 'array',
      description: 'Where requests go.',
      items: {
        type: 'object',
        properties: {
          latestRevision: { type: 'boolean' },
          percent: { type: 'integer', format: 'int64' },
          revisionName: { type: 'string' },
          tag: { type: 'string' },
          url: { type: 'string' },
        },
      },
    },
    annotations: open('Unused here.'),
  },
};

/** The CustomResourceDefinition of Knative's Service: the fields that matter to supply chains, others are let through. */
export const serviceCrd: KubeObject = toolCrd({
  type: serviceType,
  singular: 'service',
  shortNames: ['kservice', 'ksvc'],
  categories: ['all', 'knative', 'serving'],
  description: 'An app that is kept running, with an address that stays.',
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.status.url' },
    { name: 'LatestCreated', type: 'string', jsonPath: '.status.latestCreatedRevisionName' },
    { name: 'LatestReady', type: 'string', jsonPath: '.status.latestReadyRevisionName' },
    { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    { name: 'Reason', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].reason" },
  ],
  spec,
  status,
});
