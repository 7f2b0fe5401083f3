import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of a test with these files in it, by path. */
export type TestFolder = { readonly dir: string; readonly path: (name: string) => string; dispose(): void };

/** Makes a {@link TestFolder}. */
export function testFolder(files: Readonly<Record<string, string>>): TestFolder {
  const dir = mkdtempSync(join(tmpdir(), 'carto-frame-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return { dir, path: (name) => join(dir, name), dispose: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A kubeconfig with one context. */
export function kubeconfigText(context: string, server = 'https://127.0.0.1:1'): string {
  return `apiVersion: v1
kind: Config
current-context: ${context}
clusters: [{ name: c, cluster: { server: '${server}' } }]
users: [{ name: u, user: { token: t } }]
contexts: [{ name: ${context}, context: { cluster: c, user: u, namespace: team } }]
`;
}
