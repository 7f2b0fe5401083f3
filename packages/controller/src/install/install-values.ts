/** What may differ between installations. */
export type InstallValues = {
  readonly namespace: string;
  readonly image: string;
  readonly version: string;
  readonly replicas: number;
};
