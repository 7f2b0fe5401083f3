import { systemClock } from '@cartographer/kube';
import type { Clock, Transport } from '@cartographer/machinery';
import type { FixedCluster, Surroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

/** A terminal that a test looks at. */
export type TestTerminal = Terminal & {
  /** What was written to standard output so far. */
  readonly written: () => string;
  /** What was written to standard error so far. */
  readonly told: () => string;
};

/** How a {@link TestTerminal} is to be. */
export type TestTerminalOptions = {
  /** Undefined: a pipe. */
  readonly columns?: number;
  readonly colour?: boolean;
  /** Lines that a person types, one for each question; without any, nobody can answer. After the last one input ends. */
  readonly answers?: readonly string[];
  /** Standard input. */
  readonly input?: string;
};

/** Makes a {@link TestTerminal}. */
export function testTerminal({ columns, colour = false, answers, input = '' }: TestTerminalOptions = {}): TestTerminal {
  const [out, err]: [string[], string[]] = [[], []];
  const left = [...(answers ?? [])];
  const ask = async (question: string): Promise<string> => {
    const answer = left.shift() ?? '';
    err.push(`${question}${answer}\n`);
    return answer;
  };
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    exitCode: 0,
    columns,
    rows: columns === undefined ? undefined : 40,
    colour,
    ask: answers === undefined ? undefined : ask,
    input: async () => input,
    written: () => out.join(''),
    told: () => err.join(''),
  };
}

/** What a test sets up around a command. */
export type TestSurroundingsOptions = {
  readonly terminal?: TestTerminal;
  /** The cluster that is meant whatever the flags say; without one, `env` and files decide. */
  readonly transport?: Transport;
  readonly cluster?: Partial<FixedCluster>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly home?: string;
  readonly clock?: Clock;
  /** Aborting it is Ctrl-C. */
  readonly interrupt?: AbortController;
};

/** Makes the surroundings of a command under test: no environment, no home, no signals but those given. */
export function testSurroundings(
  options: TestSurroundingsOptions = {},
): Surroundings & { readonly terminal: TestTerminal } {
  const {
    terminal = testTerminal(),
    transport,
    env = {},
    cwd = '/',
    home = '/does/not/exist',
    clock = systemClock,
  } = options;
  const { signal } = options.interrupt ?? new AbortController();
  const cluster = transport && { transport, context: 'test', server: 'https://127.0.0.1:1', namespace: 'default' };
  return {
    terminal,
    env,
    cwd,
    home,
    clock,
    stop: () => ({ signal, interrupted: () => signal.aborted, dispose: () => undefined }),
    findRun: async () => undefined,
    ...(cluster === undefined ? {} : { cluster: { ...cluster, ...options.cluster } }),
  };
}
