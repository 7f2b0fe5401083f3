import type { JsonObject } from '@cartographer/machinery';
import { count, text } from '../tool-crd.ts';

/** The schema of a name of another object in the same namespace. */
export const reference = (description: string): JsonObject => ({
  type: 'object',
  description,
  properties: { name: text('Name of the object, in the same namespace.') },
  required: ['name'],
});
const time = (description: string): JsonObject => ({ type: 'string', format: 'date-time', description });
/** How a span of time is written. */
export const DURATION = '([0-9]+(\\.[0-9]+)?(ms|s|m|h))+';

/** The schema of `status.artifact`. */
export const artifact = {
  type: 'object',
  description: 'The archive made of the revision that was found last.',
  properties: {
    digest: {
      type: 'string',
      description: 'Digest of the archive, as ALGORITHM:CHECKSUM.',
      pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$',
    },
    lastUpdateTime: time('When the archive was made.'),
    metadata: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'What the source says about the revision.',
    },
    path: text('Place of the archive in the storage of the controller.'),
    revision: text('The revision in the terms of its source: BRANCH-OR-TAG@sha1:COMMIT.'),
    size: count('Bytes in the archive.'),
    url: text('Where the archive is served.'),
  },
  required: ['digest', 'lastUpdateTime', 'path', 'revision', 'url'],
};

/** The schema of one of `status.conditions`. */
export const condition = {
  type: 'object',
  properties: {
    lastTransitionTime: time('When status, reason or message last changed.'),
    message: { type: 'string', maxLength: 32768, description: 'Details for a reader.' },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0, description: 'The spec it speaks of.' },
    reason: {
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      description: 'The reason as one word.',
    },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    type: {
      type: 'string',
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    },
  },
  required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
};

/** Where a printed column finds a field of the condition Ready. */
export const ready = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;
