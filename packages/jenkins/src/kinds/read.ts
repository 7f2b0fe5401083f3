import { mapped, type Read, readSpec } from '@cartographer/api';
import { type KubeObject, textAt } from '@cartographer/machinery';
import { type JenkinsBuildSpec, jenkinsBuildKind } from './jenkins-build.ts';
import {
  type ClusterJenkinsServerSpec,
  clusterJenkinsServerKind,
  type JenkinsServerSpec,
  jenkinsServerKind,
} from './jenkins-server.ts';

/** Kinds of servers. */
export type ServerKind = 'JenkinsServer' | 'ClusterJenkinsServer';

type Filled<T, K extends keyof T> = T & { readonly [P in K]-?: NonNullable<T[P]> };
type Defaulted = 'correlationParameter' | 'timeout' | 'onCancel' | 'onSupersede' | 'unstableIs' | 'logLines';

/** What a JenkinsBuild asks for, with its defaults. */
export type BuildRequest = Omit<Filled<JenkinsBuildSpec, Defaulted>, 'serverRef' | 'parameters' | 'outputs'> & {
  readonly serverRef: { readonly kind: ServerKind; readonly name: string };
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: NonNullable<JenkinsBuildSpec['outputs']>;
};

/** Reads a JenkinsBuild. */
export function readBuild(object: KubeObject): Read<BuildRequest> {
  // The schema has filled in what may be left out.
  return mapped(readSpec<JenkinsBuildSpec>(jenkinsBuildKind, object), (spec) => {
    const { serverRef, parameters = {}, outputs = [] } = spec;
    const kind = serverRef.kind ?? 'JenkinsServer';
    return { ...(spec as BuildRequest), parameters, outputs, serverRef: { kind, name: serverRef.name } };
  });
}

type ServerDefaults = 'pollInterval' | 'requestsPerSecond' | 'environment';
type SharedServer = Omit<Filled<JenkinsServerSpec, ServerDefaults>, 'secretRef'>;

/** A server of either kind, with its defaults. */
export type Server = SharedServer & {
  readonly kind: ServerKind;
  readonly name: string;
  /** Where its Secret is, and where it is for one of a namespace. */
  readonly secret?: { readonly namespace: string; readonly name: string };
  /** Which builds it is for; absent for one of a namespace, whose credential is the namespace's own. */
  readonly grant?: Pick<ClusterJenkinsServerSpec, 'namespaceSelector' | 'allow'>;
};

/** Reads a JenkinsServer or a ClusterJenkinsServer. */
export function readServer(object: KubeObject): Read<Server> {
  const [namespace, name] = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')];
  if (object.kind === clusterJenkinsServerKind.kind) {
    return mapped(readSpec<ClusterJenkinsServerSpec>(clusterJenkinsServerKind, object), (spec) => {
      const { secretRef, namespaceSelector, allow, ...shared } = spec;
      const secret = secretRef === undefined ? {} : { secret: secretRef };
      return {
        ...(shared as SharedServer),
        kind: 'ClusterJenkinsServer',
        name,
        ...secret,
        grant: { namespaceSelector, ...(allow === undefined ? {} : { allow }) },
      };
    });
  }
  return mapped(readSpec<JenkinsServerSpec>(jenkinsServerKind, object), (spec) => {
    const { secretRef, ...shared } = spec;
    const secret = secretRef === undefined ? {} : { secret: { namespace, name: secretRef.name } };
    return { ...(shared as SharedServer), kind: 'JenkinsServer', name, ...secret };
  });
}
