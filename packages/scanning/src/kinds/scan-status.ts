import {
  boolean,
  choice,
  condition,
  integer,
  list,
  number,
  object,
  observedGeneration,
  required,
  string,
} from '@cartographer/api';

/** Phases of a scan: those that templates for the original's products know. */
const SCAN_PHASES = ['Pending', 'Scanning', 'Completed', 'Failed'] as const;
/** What a verdict can be. Anything but the first two holds back what was scanned. */
const VERDICT_RESULTS = ['Passed', 'Warned', 'Refused', 'Unknown'] as const;

const finding = object('One vulnerability of one package.', {
  id: required(string('Name of the advisory that leads.')),
  aliases: list('Other names of the same vulnerability.', string('A name.')),
  severity: required(string('Critical, High, Medium, Low or Unknown.')),
  score: number('Base score of the CVSS vector, 0 to 10.'),
  package: required(string('Package URL with its version, or name and version where the inventory has none.')),
  fixedIn: string('The lowest version that is not affected; absent where there is none yet.'),
  since: string('When it was first found in this artifact.', { format: 'date-time' }),
  policy: string('Name of the ClusterScanPolicy whose rule holds for it.'),
  rule: integer('Index of that rule in `spec.deny`, or in `spec.warn` where it only warns.'),
  exception: string('The exception that excuses it.'),
});

const counts = object('Findings by severity; those with an exception are counted as `excepted` alone.', {
  critical: required(integer('How many are Critical.')),
  high: required(integer('How many are High.')),
  medium: required(integer('How many are Medium.')),
  low: required(integer('How many are Low.')),
  unknown: required(integer('How many have no severity.')),
  unreadable: required(integer('Packages whose version cannot be compared.')),
  fixable: required(integer('How many have a version without them.')),
  excepted: required(integer('How many an exception excuses, by every policy.')),
});

const verdict = object('What the policies say.', {
  number: required(integer('Goes up by one with each change of what is said here.')),
  result: required(choice('Anything but Passed and Warned holds back what was scanned.', VERDICT_RESULTS)),
  policies: list('Every policy that was asked, with its generation: web-gate@4.', string('A policy.')),
  recheckAt: string('When time alone changes the answer next: an exception or a grace ends, an advisory grows old.', {
    format: 'date-time',
  }),
});

const inventory = object('What the packages were read from.', {
  digest: string('Digest of the bill of material.'),
  packages: integer('How many packages it has.'),
  from: list('What they were read from: layers, files, referrer.', string('A source of packages.')),
  platforms: list('The platforms that were read.', string('A platform.')),
  complete: boolean('Whether everything could be read.'),
  uncovered: list('Ecosystems that no source has advisories for.', string('An ecosystem.')),
});

const advisories = list(
  'The advisories at which findings or verdict last changed. How fresh the verdict is stands on the source.',
  object('A source.', {
    source: required(string('Name of the ClusterVulnerabilitySource.')),
    revision: string('Its revision.'),
  }),
);

/** The fields of `status` that both scans have. */
export const scanStatusFields = {
  observedGeneration,
  phase: choice('How far the scan is; says nothing about the verdict.', SCAN_PHASES),
  conditions: list('Inventoried, Matched, Succeeded, PolicySucceeded; `Ready` sums up and comes last.', condition),
  inventory,
  advisories,
  counts,
  findings: list('The worst ten, texts cut. The scanner has all of them.', finding),
  verdict,
  message: string('The verdict in words: which policy refuses, for what, and what would open it.'),
};
