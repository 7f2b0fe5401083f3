import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function carto(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, KUBECONFIG: '/does/not/exist', HOME: '/does/not/exist' },
  });
  return { code: status, out: stdout, err: stderr };
}

describe('the command line', () => {
  it('teaches each command', () => {
    const { code, out } = carto('--help');
    expect(code).toBe(0);
    for (const command of ['up', 'controller', 'scanner', 'install']) expect(out).toContain(command);
  });

  it.each<{ args: readonly string[]; says: RegExp }>([
    { args: ['up', '--prot', '1'], says: /unknown option '--prot'[\s\S]*Did you mean --port/ },
    { args: ['up', '--port', 'many'], says: /a port is a number from 0 to 65535/ },
    { args: ['up', '--ephemeral', '--data', 'x'], says: /'--ephemeral' cannot be used with option '--data/ },
    { args: ['up', '--log-level', 'loud'], says: /--log-level "loud" is none of error, warn, info, debug/ },
    { args: ['controller', '--metrics-address', 'nine'], says: /--metrics-address "nine" is not host:port/ },
    { args: ['scanner', '--metrics-address', 'nine'], says: /--metrics-address "nine" is not host:port/ },
    { args: ['install'], says: /kubeconfig/ },
    { args: ['install', '--with', 'scaner'], says: /parts are scanner/ },
    { args: ['install', '--pull-secrets-in', 'shop'], says: /--pull-secrets-in is for the scanner/ },
    { args: ['instal'], says: /unknown command 'instal'[\s\S]*Did you mean install/ },
  ])('says what is wrong with $args and fails', ({ args, says }) => {
    const { code, err } = carto(...args);
    expect(err).toMatch(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
  });

  it.each([
    { args: ['up', '--data', '/dev/null/x'], says: /cannot use the data folder/ },
    { args: ['up', '--ephemeral', '--audit-log', '/does/not/exist'], says: /cannot write .*ENOENT/ },
    { args: ['up', '--ephemeral', '--port', '0', '--kubeconfig-out', '/does/not/exist'], says: /kubeconfig .*ENOENT/ },
  ])('says in one line which file cannot be written with $args', ({ args, says }) => {
    const { code, err } = carto(...args);
    expect(err).toMatch(says);
    expect(err.trimEnd()).not.toContain('\n');
    expect(code).toBe(1);
  });
});
