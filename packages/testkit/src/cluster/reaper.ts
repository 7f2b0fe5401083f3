import { spawn } from 'node:child_process';

/** Makes sure that processes and a folder do not outlive this process, whatever ends it. */
export interface Reaper {
  /** From now on the process group of this leader ends with this process. */
  watch(pid: number): void;
  /** It has ended: its number may go to another process. */
  forget(pid: number): void;
  /** Ends all that is left and removes the folder. */
  close(): Promise<void>;
}

/**
 * A shell that reads which groups there are. The kernel closes its input when this process ends, even by kill -9, and
 * then it ends them. A process that is stopped by SIGSTOP ends by SIGKILL, too.
 */
const SCRIPT = `
trap '' INT TERM HUP
pids=' '
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "-$pid" 2>/dev/null; done
rm -rf -- "$1"
`;

/** Starts a reaper; the folder is removed at the end. */
export function createReaper(folder: string): Reaper {
  // In a session of its own, so that Ctrl-C in the terminal does not end it before its time.
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'reaper', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  return {
    watch: (pid) => void shell.stdin.write(`+ ${pid}\n`),
    forget: (pid) => void shell.stdin.write(`- ${pid}\n`),
    close() {
      shell.stdin.end();
      return ended;
    },
  };
}
