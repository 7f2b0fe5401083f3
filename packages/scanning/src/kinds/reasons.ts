import type { Explanations } from '@cartographer/api';

/** Why nothing could be read of an artifact. All but the wrong spec are tried again after a growing pause, 10 minutes at most. */
export const UNREAD_REASONS = {
  SpecInvalid: {
    means: 'the scan cannot be read, or names its artifact in a way that cannot be: an image without digest, say',
    move: 'platform',
    next: 'correct the template that stamps the scan; the message names the field',
  },
  ImageNotFound: {
    means: 'the registry has no such image, or hides it from this account',
    move: 'developer',
    next: 'look whether image and digest are there. Where they are: give the service account of the scan a pull secret',
  },
  ImageUnreadable: {
    means: 'the image is there, and what it is made of breaks the rules of images: layers, manifest, sizes',
    move: 'developer',
    next: 'build and push it again; the message names the part',
  },
  RegistryForbidden: {
    means: 'the registry wants a login, or this one may not read the repository',
    move: 'developer',
    next: 'give the service account of the scan a pull secret for it. Where the message says that Secrets may not be read: admin runs the command that it names. It is tried again within ten minutes; at once where the namespace lets the scanner `watch` Secrets',
  },
  RegistryRateLimited: {
    means: 'the registry wants fewer requests',
    move: 'nobody',
    next: 'wait: it is asked again, not before it said. A login often has higher limits',
  },
  RegistryUnavailable: {
    means: 'the registry cannot be reached, or fails',
    move: 'nobody',
    next: 'wait: it is asked again. If it stays: admin looks at the registry and the way to it',
  },
  RegistryMisbehaved: {
    means: 'the registry answers what no registry should: other bytes than the digest says, too many, no end',
    move: 'admin',
    next: 'look at the registry, and at proxies before it; the message says what it did',
  },
  DestinationRefused: {
    means: "the address is of this machine, of a link or of a cloud's metadata, or would be asked without TLS",
    move: 'admin',
    next: 'allow it with `--allow-destination` of the scanner, if that is meant',
  },
  SourceHostNotAllowed: {
    means: 'archives of sources are fetched only from the hosts that the scanner was told',
    move: 'admin',
    next: 'name the host in `--source-hosts` of the scanner, if that is meant',
  },
  SourceUnavailable: {
    means: 'the archive cannot be fetched: no answer, or another one than 200',
    move: 'nobody',
    next: 'wait: it is asked for again. If it stays: look at the object that the URL is from',
  },
  SourceUnreadable: {
    means: 'what was fetched is no archive, is cut off, or is larger than is read',
    move: 'developer',
    next: 'look at the object that the URL is from; the message says what is wrong',
  },
  SourceDigestMismatch: {
    means: 'the archive has another digest than the scan says',
    move: 'nobody',
    next: 'wait for the next revision. If it stays: somebody changes archives on their way',
  },
  StoreEmptied: {
    means: 'what was read was taken out of the store at once',
    move: 'nobody',
    next: 'wait: it is read again. If it stays: two scanners share a store and one of them empties it',
  },
} as const satisfies Explanations;

/** Why nothing could be read of an artifact. */
export type UnreadReason = keyof typeof UNREAD_REASONS;

const STORE_FAILED = {
  means:
    'the store of the scanner fails: its disk is full, say, or it cannot be reached. What was judged before stands as long as it would with the store',
  move: 'admin',
  next: 'do what the message says. It is tried again after a growing pause, 10 minutes at most',
} as const;

/** Reasons of a scan's conditions, by their type; `Ready` copies that of `PolicySucceeded`, and its events have the same. */
export const SCAN_REASONS = {
  Inventoried: {
    Complete: { means: 'the packages are read, all of them', move: 'nobody' },
    Incomplete: {
      means: 'the packages are read, and something could not be; the message names it',
      move: 'developer',
      next: 'make what is named readable; or platform lets it through with `onMissingInventory: Warn`',
    },
    Reading: { means: 'the packages are being read', move: 'nobody' },
    StoreFailed: STORE_FAILED,
    ...UNREAD_REASONS,
  },
  Matched: {
    Matched: { means: 'every source of advisories was matched with the packages', move: 'nobody' },
    FindingsIgnored: {
      means:
        'every source was matched. Of the findings that are attached to the image some do not count: no key that a policy trusts signed them, or they cannot be read; the message names them',
      move: 'platform',
      next: 'let the scanner sign what it attaches, with a key of `findings.trust`; attach again what cannot be read',
    },
    NotInventoried: { means: 'there are no packages to match', move: 'nobody', next: 'see `Inventoried`' },
    NoAdvisories: {
      means: 'there is no ClusterVulnerabilitySource',
      move: 'platform',
      next: 'create one',
    },
    SourcesNotMatched: {
      means: 'a source was never matched, or was not asked for all packages yet; the message names it',
      move: 'nobody',
      next: 'wait. If it stays: platform looks at the conditions of the source',
    },
    StoreFailed: STORE_FAILED,
  },
  Succeeded: {
    Scanned: { means: 'the scan is done, whatever the verdict', move: 'nobody' },
    Scanning: { means: 'the scan is not done yet', move: 'nobody' },
    ...UNREAD_REASONS,
  },
  PolicySucceeded: {
    Passed: { means: 'no policy refuses, and none warns', move: 'nobody' },
    Warned: { means: 'no policy refuses; the message says what one warns of', move: 'nobody' },
    PolicyViolation: {
      means: 'a policy refuses; the message says which, for what, and what would open the gate',
      move: 'developer',
      next: 'use the fixed versions that the message names; or ask those whom it names for an exception',
    },
    ExpressionFailed: {
      means: 'an expression of a policy does not compile, fails, or is neither true nor false',
      move: 'platform',
      next: 'correct the expression that the message names',
    },
    ExpressionTooCostly: {
      means: 'an expression of a policy costs more than it may',
      move: 'platform',
      next: 'make it simpler: no loops within loops',
    },
    InventoryMissing: {
      means: 'nothing could be read, and a policy refuses what it does not know',
      move: 'developer',
      next: 'see `Inventoried`',
    },
    Scanning: { means: 'the packages are being read', move: 'nobody' },
    StoreFailed: STORE_FAILED,
    NoAdvisories: { means: 'there is no ClusterVulnerabilitySource', move: 'platform', next: 'create one' },
    SourcesNotMatched: { means: 'a source was never matched', move: 'nobody', next: 'see `Matched`' },
    PolicyNotFound: {
      means: 'the ClusterScanPolicy that the scan names does not exist',
      move: 'platform',
      next: 'create it, or let the template name another one. Its creation wakes the scan',
    },
    PolicyInvalid: {
      means: 'a ClusterScanPolicy cannot be read, so it might be for any namespace',
      move: 'platform',
      next: 'correct the field that the message names',
    },
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** Reasons of a source's conditions, by their type; `Ready` copies the first that is not True. */
export const SOURCE_REASONS = {
  Fetched: {
    Fetched: { means: 'all that it has was read', move: 'nobody' },
    PartlyRead: {
      means: 'some records could not be read; the message names them. The rest counts, and what they said before stays',
      move: 'admin',
      next: 'correct what is named, or tell those who publish it',
    },
    FetchFailed: {
      means: 'it could not be asked, or its answer not be read as a whole. What was known before stays and grows old',
      move: 'admin',
      next: 'look at what the message names. It is asked again after a growing pause, 10 minutes at most',
    },
    StoreFailed: STORE_FAILED,
    RateLimited: {
      means: 'it wants fewer requests; what was known before stays',
      move: 'nobody',
      next: 'wait: it is asked again, not before it said. If it stays: a longer `interval`',
    },
    SpecInvalid: {
      means: 'the source cannot be read; the message names the field',
      move: 'admin',
      next: 'correct it',
    },
    CredentialsMissing: {
      means: 'the Secret of `secretRef` is not there, may not be read, has no login, or would be sent without TLS',
      move: 'admin',
      next: 'do what the message says. It is tried again after a growing pause, 10 minutes at most',
    },
    CaBundleInvalid: {
      means: '`caBundle` is not the base64 text of certificates in PEM',
      move: 'admin',
      next: 'make it anew: `base64 -w0 ca.crt`',
    },
  },
  Matched: {
    Matched: { means: 'every scan is as of the revision', move: 'nobody' },
    ScansPending: {
      means: 'some scans are not as of the revision yet; the message names the first',
      move: 'nobody',
      next: 'wait. If it stays: look at the conditions of that scan',
    },
    Matching: { means: 'it is read and matched for the first time', move: 'nobody' },
    NotFetched: { means: 'there is nothing to match with yet', move: 'nobody', next: 'see `Fetched`' },
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** Reasons of the condition `Ready` of a policy. */
export const POLICY_REASONS = {
  Ready: { means: 'verdicts can ask it', move: 'nobody' },
  PolicyInvalid: SCAN_REASONS.PolicySucceeded.PolicyInvalid,
  ExpressionFailed: {
    means: 'an expression does not compile, so that it refuses whatever it is asked for',
    move: 'platform',
    next: 'correct the expression that the message names',
  },
} as const satisfies Explanations;

/** Reasons of the condition `Ready` of an exception. */
export const EXCEPTION_REASONS = {
  Excuses: { means: 'it excuses all findings that it is for', move: 'nobody' },
  MatchesNothing: {
    means: 'no finding of any scan is one that it is for',
    move: 'developer',
    next: 'correct it, or delete it',
  },
  Expired: { means: 'it has ended', move: 'developer', next: 'delete it, or give it another end' },
  UnderInvestigation: {
    means: 'it says `under_investigation`, which excuses nothing',
    move: 'developer',
    next: 'give it another status once that is known',
  },
  NotAllowed: {
    means: 'a policy has `exceptions.namespaced: Never`',
    move: 'platform',
    next: 'allow them, or make a ClusterVulnerabilityException',
  },
  BeyondUpTo: {
    means: 'the finding is more severe than a policy lets exceptions of namespaces excuse (`exceptions.upTo`)',
    move: 'platform',
    next: 'make a ClusterVulnerabilityException',
  },
  BeyondMaxDays: {
    means: 'a policy lets exceptions of namespaces last so long from the first sight (`exceptions.maxDays`)',
    move: 'platform',
    next: 'make a ClusterVulnerabilityException',
  },
} as const satisfies Explanations;
