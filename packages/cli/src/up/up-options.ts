/** Flags of `carto up`. */
export type UpOptions = {
  readonly port: number;
  readonly data: string;
  readonly ephemeral?: boolean;
  readonly kubeconfigOut?: string;
  readonly laptop: boolean;
  readonly example: boolean;
  readonly authorization: 'RBAC' | 'AlwaysAllow';
  readonly logLevel: string;
  readonly auditLog?: string;
  readonly jenkins?: string;
  readonly questionsPort?: number;
  /** Runs in the background, as `--detach` has it. */
  readonly detach: boolean;
};
