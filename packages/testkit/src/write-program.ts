import { spawnSync } from 'node:child_process';

/**
 * Writes a file that can be run at once. Another process writes it: where this one did, what another test starts meanwhile
 * would hold the file open for writing until it is under way, and Linux refuses to run such a file (ETXTBSY).
 * @throws Error with what the shell says.
 */
export function writeProgram(path: string, text: string): void {
  const script = 'cat > "$1" && chmod 755 "$1"';
  const { status, stderr, error } = spawnSync('/bin/sh', ['-c', script, 'sh', path], { input: text, encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`${path} was not written: ${stderr}`, { cause: error });
}
