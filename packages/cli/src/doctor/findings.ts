import type { Mover } from '@cartographer/api';

/** What `carto doctor` looks at, in the order in which it tells. */
export const CHECKS = {
  access: 'the API server answers, and says who asks',
  definitions: 'the kinds are installed, as this carto has them',
  controller: 'what is installed runs',
  leader: 'one replica leads',
  'controller rights': 'what is installed may do what it has to',
  webhooks: 'mistakes are refused when they are written',
  certificates: 'certificates are there and last',
  versions: 'client and controller are of one version',
  rights: 'you may do what the commands do',
  chains: 'supply chains and deliveries are ready',
  kinds: 'what templates stamp is a kind of this cluster',
  accounts: 'the accounts of owners may stamp what their chains stamp',
  owners: 'owners are ready',
} as const;

/** One of {@link CHECKS}. */
export type CheckName = keyof typeof CHECKS;

/** What a finding tells: a row of `docs/troubleshooting.md`. Code stands in backticks. */
type Explained = {
  readonly check: CheckName;
  readonly means: string;
  readonly move: Mover;
  readonly next: string;
};

/** Everything that `carto doctor` can find. A finding may name another mover and a next step of its own. */
export const FINDINGS = {
  ServerTooOld: {
    check: 'access',
    means: 'the Kubernetes of the server is older than what Cartographer works with',
    move: 'admin',
    next: 'upgrade the cluster to Kubernetes 1.27 or newer',
  },
  NotInstalled: {
    check: 'definitions',
    means: 'none of the kinds of Cartographer is in this cluster',
    move: 'admin',
    next: 'run `carto install`, or choose another cluster by `--context`',
  },
  DefinitionMissing: {
    check: 'definitions',
    means: 'one of the kinds is not in this cluster, though others are',
    move: 'admin',
    next: 'run `carto install` again',
  },
  DefinitionOlder: {
    check: 'definitions',
    means: 'a definition lacks what this `carto` knows: it was installed by an earlier version',
    move: 'admin',
    next: 'upgrade by `carto install`',
  },
  DefinitionNewer: {
    check: 'definitions',
    means: 'a definition has what this `carto` does not know: it was installed by a later version',
    move: 'admin',
    next: 'use the `carto` of that version',
  },
  DefinitionChanged: {
    check: 'definitions',
    means: 'a definition is neither what this version has nor what another one had: somebody changed it by hand',
    move: 'admin',
    next: 'put it back by `carto install`',
  },
  DefinitionNotServed: {
    check: 'definitions',
    means: 'a definition is there and its kind is not served, or not at the version that is needed',
    move: 'admin',
    next: 'look at its conditions: `kubectl describe crd NAME`',
  },
  ControllerMissing: {
    check: 'controller',
    means: 'the kinds are installed and nothing is that works on them',
    move: 'admin',
    next: 'run `carto install` without `--crds-only`',
  },
  ControllerNotReady: {
    check: 'controller',
    means: 'a Deployment has fewer pods ready than it wants',
    move: 'admin',
    next: 'look at its pods: `kubectl -n NAMESPACE describe pods -l app=NAME`',
  },
  NoLeader: {
    check: 'leader',
    means: 'no replica holds the lease, so nothing is worked on',
    move: 'admin',
    next: 'look at the logs of the replicas: `kubectl -n NAMESPACE logs -l app=NAME`',
  },
  LeaderSilent: {
    check: 'leader',
    means: 'the lease has a holder that does not renew it: it is dead or cut off, and nobody took over',
    move: 'admin',
    next: 'look at the replicas and their logs; if none runs, see `controller`',
  },
  ClocksDiffer: {
    check: 'leader',
    means:
      'the leader renews its lease with a time that is far from the one here: the clock of one of the two is wrong',
    move: 'admin',
    next: 'set the clocks of this machine and of the nodes; ages that are shown are off by as much',
  },
  ControllerRightMissing: {
    check: 'controller rights',
    means: 'the account of an installed part lacks a right that the installation gives it',
    move: 'admin',
    next: 'put the roles back by `carto install`',
  },
  WebhookMissing: {
    check: 'webhooks',
    means: 'the configuration of the webhooks, or one of its webhooks, is not there: mistakes are let in',
    move: 'admin',
    next: 'put it back by `carto install`',
  },
  WebhookUntrusted: {
    check: 'webhooks',
    means: 'the API server does not trust the certificate of the webhooks: mistakes are let in',
    move: 'admin',
    next: 'nothing if it was installed a moment ago: the leader puts the authority in. Else look at its log',
  },
  WebhookUnreachable: {
    check: 'webhooks',
    means: 'nobody answers behind the Service of the webhooks: mistakes are let in',
    move: 'admin',
    next: 'see what `controller` says; else look at the Service and its selector',
  },
  CertificateMissing: {
    check: 'certificates',
    means: 'the Secret with a certificate is not there, or holds none',
    move: 'admin',
    next: 'nothing if it was installed a moment ago: the leader makes it. Else look at its log',
  },
  CertificateExpired: {
    check: 'certificates',
    means: 'a certificate has run out',
    move: 'admin',
    next: 'the leader renews it in time, so look at its log; with cert-manager, look at the Certificate',
  },
  CertificateExpiring: {
    check: 'certificates',
    means: 'a certificate runs out soon, and should have been renewed by now',
    move: 'admin',
    next: 'the leader renews it, so look at its log',
  },
  VersionSkew: {
    check: 'versions',
    means: 'a part of the installation is of another version than this `carto`',
    move: 'admin',
    next: 'use the `carto` of that version, or upgrade by `carto install`',
  },
  RightMissing: {
    check: 'rights',
    means: 'you lack a right that a command needs',
    move: 'admin',
    next: 'ask who runs the cluster for it, or act as another user by `--as`',
  },
  ChainNotReady: {
    check: 'chains',
    means: 'a supply chain or a delivery is not ready, so its owners wait',
    move: 'platform',
    next: 'see the message, and `carto chain get NAME`',
  },
  ChainNotLookedAt: {
    check: 'chains',
    means: 'the controller has not looked at a supply chain or a delivery as it is now',
    move: 'admin',
    next: 'wait a moment; if it stays, see what `controller` and `leader` say',
  },
  KindNotServed: {
    check: 'kinds',
    means: 'a template stamps a kind that this cluster does not have',
    move: 'admin',
    next: 'install the tool that brings the kind, or have the template changed',
  },
  AccountMissing: {
    check: 'accounts',
    means: 'the service account that owners stamp as does not exist',
    move: 'admin',
    next: 'make the account with its roles, or have owner or chain name another',
  },
  AccountMayNotStamp: {
    check: 'accounts',
    means: 'the service account that owners stamp as may not make what their chain stamps',
    move: 'admin',
    next: 'give it a Role with these rights; `docs/templates.md` says which verbs are needed',
  },
  OwnersNotReady: {
    check: 'owners',
    means: 'owners are not ready, by cause; the most frequent first',
    move: 'developer',
    next: 'see the message, and `carto explain NAME`',
  },
  OwnersNotLookedAt: {
    check: 'owners',
    means: 'the controller has not looked at owners as they are now',
    move: 'admin',
    next: 'wait a moment; if it stays, see what `controller` and `leader` say',
  },
} as const satisfies Readonly<Record<string, Explained>>;

/** One of {@link FINDINGS}. */
export type FindingReason = keyof typeof FINDINGS;
