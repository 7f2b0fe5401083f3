/** Whose logins are used to look at images. What one may see is never told to another. */
export type ImageAccess = {
  readonly namespace: string;
  /** The service account whose pull secrets are used. */
  readonly serviceAccount: string;
  /** Names of further pull secrets of the namespace, which are tried first. */
  readonly pullSecrets: readonly string[];
};
