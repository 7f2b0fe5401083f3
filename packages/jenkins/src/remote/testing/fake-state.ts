/** A build as the scripted server keeps it. */
export type FakeBuild = {
  readonly job: string;
  readonly number: number;
  readonly queueId: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly startedAtMs: number;
  isBuilding: boolean;
  result: string | null;
  durationMs: number;
};

/** A job of the scripted server: what a test says of it. */
export type FakeJob = {
  /** Names, or names with their types; undefined takes no parameters at all. */
  parameters?: readonly (
    | string
    | { readonly name: string; readonly type: string; readonly choices?: readonly string[] }
  )[];
  isBuildable?: boolean;
  isForbidden?: boolean;
  /** How long a build takes. */
  takesMs?: number;
  result?: string;
  description?: string;
  artifacts?: Readonly<Record<string, string>>;
  /** Of a build that has run for so long. */
  log?: string | ((ranMs: number) => string);
  stages?: readonly { readonly id: string; readonly name: string; readonly status: string }[];
  stageLogs?: Readonly<Record<string, string>>;
  tests?: object;
  environment?: Readonly<Record<string, string>>;
  nextBuildNumber?: number;
};

/** An item of its queue, also after it has left it. */
export type FakeItem = {
  readonly id: number;
  readonly job: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly sinceMs: number;
  why: string;
  leftAtMs?: number;
  isCancelled?: boolean;
  build?: number;
};

/** What goes wrong with one request. */
export type FakeFault =
  /** The connection breaks before the server sees it; refused before a byte was sent. */
  | { readonly kind: 'unsent' }
  | { readonly kind: 'lost' }
  /** The server does it, and the answer is lost. */
  | { readonly kind: 'answer lost' }
  /** The server does it, and something between answers for it. */
  | { readonly kind: 'answered by another'; readonly status: number }
  | { readonly kind: 'answer'; readonly response: () => Response }
  | { readonly kind: 'silence' };

/** One request as the server saw it. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
};
