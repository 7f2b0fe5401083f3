/** What the parent asks of the keeper: one JSON line each, on its standard input. */
export type KeeperRequest =
  | {
      readonly op: 'start';
      readonly id: number;
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
      readonly logFile: string;
      readonly maxLogBytes: number;
    }
  /** Goes to the whole process group. */
  | { readonly op: 'signal'; readonly id: number; readonly signal: 'SIGTERM' | 'SIGKILL' };

/** What the keeper tells its parent: one JSON line each, on its standard output. */
export type KeeperReport =
  | { readonly op: 'started'; readonly id: number; readonly pid: number }
  /** The program could not be started. */
  | { readonly op: 'refused'; readonly id: number; readonly message: string }
  | {
      readonly op: 'exited';
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** The last lines it wrote. */
      readonly tail: string;
    };
