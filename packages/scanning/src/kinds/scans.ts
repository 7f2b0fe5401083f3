import {
  defineKind,
  type Infer,
  type ObjectOfKind,
  object,
  type PrinterColumn,
  required,
  string,
  text,
} from '@cartographer/api';
import { exactlyOne, readCurrent, SCANNING_GROUP } from './group.ts';
import { scanStatusFields } from './scan-status.ts';

/** A reference with a digest: what a tag points at may change after it was scanned. */
const IMAGE_WITH_DIGEST = '^[^@\\s]+@sha256:[0-9a-f]{64}$';

const image = (description: string) => string(description, { pattern: IMAGE_WITH_DIGEST, maxLength: 512 });
const NAME_LENGTH = 253;

const policyFields = {
  policyRef: object('A policy that is asked besides those that select the namespace.', {
    name: required(text('Name of a ClusterScanPolicy.', NAME_LENGTH)),
  }),
  scanPolicy: text('The same as `policyRef.name`, as templates for the original scans spell it.', NAME_LENGTH),
  scanTemplate: string('Taken but not looked at: templates for the original scans set it.', { maxLength: NAME_LENGTH }),
};

const imageScanSpec = object(
  'What to scan, and which policy to ask.',
  {
    image: image('The image, with its digest.'),
    registry: object('The image as templates for the original scans spell it.', {
      image: required(image('The image, with its digest.')),
      imagePullSecret: string('Taken but not looked at: the service account names its pull secrets.', {
        maxLength: NAME_LENGTH,
      }),
    }),
    ...policyFields,
    serviceAccountName: string("Service account, in this object's namespace, whose pull secrets are used.", {
      maxLength: NAME_LENGTH,
    }),
  },
  { rules: [exactlyOne('image', 'registry'), exactlyOne('policyRef', 'scanPolicy')] },
);
/** `spec` of an ImageScan. */
export type ImageScanSpec = Infer<typeof imageScanSpec>;

const MOST_URL = 2048;
const url = string('Address of the archive.', { pattern: '^https?://[^\\s]+$', maxLength: MOST_URL });

const sourceScanSpec = object(
  'What to scan, and which policy to ask.',
  {
    source: object('An archive of a source, tar.gz.', {
      url: required(url),
      revision: required(text('Revision of the source.', 512)),
      digest: string('Digest of the archive.', { pattern: '^sha256:[0-9a-f]{64}$', maxLength: 71 }),
    }),
    blob: object('The archive as templates for the original scans spell it.', {
      url: required(url),
      revision: required(text('Revision of the source.', 512)),
    }),
    ...policyFields,
  },
  { rules: [exactlyOne('source', 'blob'), exactlyOne('policyRef', 'scanPolicy')] },
);
/** `spec` of a SourceScan. */
export type SourceScanSpec = Infer<typeof sourceScanSpec>;

const registryImage = (description: string) =>
  object(description, {
    registry: required(object('In a registry.', { image: required(string('The image, with its digest.')) })),
  });
const blob = (description: string) =>
  object(description, {
    blob: required(
      object('An archive.', {
        url: required(string('Its address.')),
        revision: required(string('Revision of the source.')),
      }),
    ),
  });

const since = string('Since when it stood here.', { format: 'date-time' });
const verdictNow = string('What the policies say of it now.');

const imageScanStatus = object('What the scanner found.', {
  ...scanStatusFields,
  artifact: registryImage('What was scanned.'),
  compliantArtifact: registryImage('The same, there only while every policy holds for this digest.'),
  lastCompliant: object('What passed before it, and is watched on.', {
    image: required(string('The image, with its digest.')),
    since,
    verdict: verdictNow,
  }),
});
/** `status` of an ImageScan. */
export type ImageScanStatus = Infer<typeof imageScanStatus>;

const sourceScanStatus = object('What the scanner found.', {
  ...scanStatusFields,
  artifact: blob('What was scanned.'),
  compliantArtifact: blob('The same, there only while every policy holds for this revision.'),
  lastCompliant: object('What passed before it, and is watched on.', {
    url: required(string('Address of the archive.')),
    revision: required(string('Revision of the source.')),
    since,
    verdict: verdictNow,
  }),
});
/** `status` of a SourceScan. */
export type SourceScanStatus = Infer<typeof sourceScanStatus>;

const count = (name: string, field: string, priority: number): PrinterColumn => ({
  name,
  type: 'integer',
  jsonPath: `.status.counts.${field}`,
  priority,
});

const scanColumns: readonly PrinterColumn[] = [
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Verdict', type: 'string', jsonPath: '.status.verdict.result' },
  count('Critical', 'critical', 0),
  count('High', 'high', 0),
  count('Medium', 'medium', 1),
  count('Low', 'low', 1),
  count('Unknown', 'unknown', 1),
  count('Fixable', 'fixable', 0),
  count('Excepted', 'excepted', 1),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
];

/** The kind ImageScan. */
export const imageScanKind = defineKind({
  group: SCANNING_GROUP,
  kind: 'ImageScan',
  plural: 'imagescans',
  shortName: 'iscan',
  namespaced: true,
  description: 'Says of one image which vulnerabilities it carries, and whether the policies let it through.',
  annotations: readCurrent,
  columns: scanColumns,
  spec: imageScanSpec,
  status: imageScanStatus,
});
/** Says of one image which vulnerabilities it carries, and whether the policies let it through. */
export type ImageScan = ObjectOfKind<typeof imageScanKind>;

/** The kind SourceScan. */
export const sourceScanKind = defineKind({
  group: SCANNING_GROUP,
  kind: 'SourceScan',
  plural: 'sourcescans',
  shortName: 'sscan',
  namespaced: true,
  description: 'Says of one source which vulnerabilities its lock files name, and whether the policies let it through.',
  annotations: readCurrent,
  columns: scanColumns,
  spec: sourceScanSpec,
  status: sourceScanStatus,
});
/** Says of one source which vulnerabilities its lock files name, and whether the policies let it through. */
export type SourceScan = ObjectOfKind<typeof sourceScanKind>;
