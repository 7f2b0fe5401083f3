import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Programs } from './build-programs.ts';
import type { Credentials } from './cluster-users.ts';

/** Where a control plane is, and with which files. */
export type ControlPlane = {
  readonly programs: Programs;
  /** Its data, certificates and logs. */
  readonly folder: string;
  readonly ports: { readonly etcd: number; readonly etcdPeer: number; readonly api: number };
  readonly credentials: Credentials;
};

/** Options of the server that tests choose. */
export type ServerOptions = {
  readonly authorization: 'RBAC' | 'AlwaysAllow';
  readonly audit: boolean;
  /** For measuring throughput: no limit that a few hundred workers reach. */
  readonly forLoad: boolean;
  /** More flags of kube-apiserver. */
  readonly flags: readonly string[];
};

/** How etcd is called. */
export function etcdArgv({ programs, folder, ports }: ControlPlane): readonly string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    programs.pathOf('etcd'),
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // A test's data need not survive the machine; that of a killed process does.
    '--unsafe-no-fsync',
  ];
}

/** The certificate that the server makes for itself is its own authority. */
export function certificateFile({ folder }: ControlPlane): string {
  return join(folder, 'certificates', 'apiserver.crt');
}

/** Where the server writes down every request. */
export function auditFile(folder: string): string {
  return join(folder, 'audit.jsonl');
}

/** How kube-apiserver is called. */
export function apiServerArgv(plane: ControlPlane, options: ServerOptions): readonly string[] {
  const { programs, folder, ports, credentials } = plane;
  return [
    programs.pathOf('kube-apiserver'),
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.api}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--token-auth-file=${credentials.tokenFile}`,
    `--authorization-mode=${options.authorization}`,
    '--anonymous-auth=false',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${credentials.accountPublicKeyFile}`,
    `--service-account-signing-key-file=${credentials.accountKeyFile}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // Without a kubelet no pod mounts a token.
    '--disable-admission-plugins=ServiceAccount',
    ...(options.audit ? auditFlags(folder) : []),
    ...(options.forLoad
      ? [
          '--max-requests-inflight=3000',
          '--max-mutating-requests-inflight=1000',
          '--enable-priority-and-fairness=false',
        ]
      : []),
    ...options.flags,
  ];
}

// The log is read as one file; it would be rotated at 100 MB.
const NO_ROTATION = '--audit-log-maxsize=1000000';

function auditFlags(folder: string): readonly string[] {
  const policy = join(folder, 'audit-policy.json');
  const rules = [{ level: 'Metadata', omitStages: ['RequestReceived'] }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  return [
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${auditFile(folder)}`,
    '--audit-log-mode=batch',
    NO_ROTATION,
  ];
}

const CONTROLLERS = [
  'garbage-collector-controller',
  'namespace-controller',
  // Without it a namespace with a claim of a volume is never gone.
  'persistentvolumeclaim-protection-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
];

/** How kube-controller-manager is called: only what matters without nodes, and what a test asks for. */
export function controllerManagerArgv(
  plane: ControlPlane,
  kubeconfig: string,
  more: readonly string[] = [],
): readonly string[] {
  return [
    plane.programs.pathOf('kube-controller-manager'),
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${[...CONTROLLERS, ...more].join(',')}`,
    '--use-service-account-credentials',
    `--service-account-private-key-file=${plane.credentials.accountKeyFile}`,
    `--root-ca-file=${certificateFile(plane)}`,
    '--leader-elect=false',
    '--secure-port=0',
    // The defaults hold it back to 20 requests a second.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}
