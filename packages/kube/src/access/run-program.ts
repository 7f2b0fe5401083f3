import { spawn } from 'node:child_process';

/** A program to run to its end. */
export type Program = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lets the program read from our terminal. */
  readonly inheritInput: boolean;
  readonly maxOutputBytes: number;
  readonly timeoutMs: number;
};

/** How it ended. */
export type ProgramResult =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'not-started'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly errorOutput: string };

const ERROR_OUTPUT_CHARS = 500;

/** Runs a program without a shell, with bounds on its time and output. */
export function runProgram(program: Program): Promise<ProgramResult> {
  return new Promise<ProgramResult>((resolve) => {
    const child = spawn(program.command, program.args, {
      env: program.env,
      stdio: [program.inheritInput ? 'inherit' : 'ignore', 'pipe', 'pipe'],
      timeout: program.timeoutMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let errorOutput = '';
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > program.maxOutputBytes) child.kill('SIGKILL');
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errorOutput.length < ERROR_OUTPUT_CHARS) errorOutput += chunk.toString('utf8');
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve({
        kind: 'not-started',
        why: error.code === 'ENOENT' ? 'no such program' : (error.code ?? error.message),
      });
    });
    child.once('close', (code, signal) => {
      if (code === 0) return resolve({ kind: 'done', output: Buffer.concat(output).toString('utf8') });
      const why = outputBytes > program.maxOutputBytes ? 'it printed too much' : ended(code, signal, program);
      return resolve({ kind: 'failed', why, errorOutput: errorOutput.slice(0, ERROR_OUTPUT_CHARS).trim() });
    });
  });
}

function ended(code: number | null, signal: string | null, program: Program): string {
  if (code !== null) return `it ended with exit code ${code}`;
  return signal === 'SIGKILL' ? `it did not end within ${program.timeoutMs / 1_000} s` : `it was ended by ${signal}`;
}
