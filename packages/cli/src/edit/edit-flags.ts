import type { WriteFlags } from '../frame/flags.ts';

/** Flags that say what an owner is to be; absent leaves alone, empty takes away. */
export type ChangeFlags = {
  readonly app?: string;
  readonly type?: string;
  readonly typeLabel?: string;
  readonly label?: readonly string[];
  readonly annotation?: readonly string[];
  readonly param?: readonly string[];
  readonly paramYaml?: readonly string[];
  readonly gitRepo?: string;
  readonly gitBranch?: string;
  readonly gitTag?: string;
  readonly gitCommit?: string;
  readonly subPath?: string;
  readonly image?: string;
  readonly sourceImage?: string;
  readonly localPath?: string;
  readonly live?: boolean;
  readonly mavenGroup?: string;
  readonly mavenArtifact?: string;
  readonly mavenVersion?: string;
  readonly mavenType?: string;
  readonly env?: readonly string[];
  readonly buildEnv?: readonly string[];
  readonly serviceRef?: readonly string[];
  readonly serviceAccount?: string;
  readonly limitCpu?: string;
  readonly limitMemory?: string;
  readonly requestCpu?: string;
  readonly requestMemory?: string;
};

/** Flags of a login to the registry that `--local-path` pushes to. */
export type RegistryFlags = {
  readonly registryCaCert?: readonly string[];
  readonly registryUsername?: string;
  readonly registryPassword?: string;
  readonly registryToken?: string;
};

/** Flags of `create` and `apply`. */
export type EditFlags = WriteFlags &
  ChangeFlags &
  RegistryFlags & {
    readonly file?: string;
    readonly dryRun?: 'client' | 'server';
    readonly output?: string;
    readonly wait?: boolean;
    /** Milliseconds. */
    readonly waitTimeout: number;
    readonly tail?: boolean;
  };

/** Flags of `delete`. */
export type DeleteFlags = WriteFlags & {
  readonly file?: string;
  readonly all?: boolean;
  readonly selector?: string;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly waitTimeout: number;
};
