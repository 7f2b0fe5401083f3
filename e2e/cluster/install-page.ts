import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestCluster } from '@cartographer/testkit';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/install.md');
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** A command of the page, or a sentence about why it is not tried. */
export type PageCommand = { readonly heading: string; readonly text: string };

/** The shell commands of docs/install.md in their order, each with the heading it stands under. */
export function pageCommands(): readonly PageCommand[] {
  return blocks('sh').flatMap(({ heading, text }) =>
    text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ heading, text: line })),
  );
}

/** The kustomization of docs/install.md. */
function pageKustomization(): string {
  const [first] = blocks('yaml');
  if (first === undefined) throw new Error('docs/install.md has no kustomization any more');
  return first.text;
}

function blocks(language: string): readonly PageCommand[] {
  const page = readFileSync(PAGE, 'utf8');
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(({ 2: text = '', index }) => ({ text, heading: lastHeading(page.slice(0, index)).replace(/^#+ /, '') }));
}

function lastHeading(text: string): string {
  return text.split('\n').findLast((line) => /^##+ /.test(line)) ?? '';
}

/** A clone of the repository with a shell in it, as somebody has who reads the page. */
export interface Reader {
  /** Runs a command of the page; resolves with what it printed. */
  run(command: string): Promise<string>;
  /** Runs it in a folder with the kustomization of the page beside `deploy/`. */
  runBesideKustomization(command: string): Promise<string>;
}

/** A reader whose kubectl is the cluster's own, and whose `node` is the one that runs this. */
export function readerOf(cluster: TestCluster): Reader {
  const bin = join(cluster.folder, 'bin');
  mkdirSync(bin);
  symlinkSync(cluster.programs.pathOf('kubectl'), join(bin, 'kubectl'));
  symlinkSync(process.execPath, join(bin, 'node'));
  const clone = join(cluster.folder, 'clone');
  mkdirSync(clone);
  cpSync(join(ROOT, 'deploy'), join(clone, 'deploy'), { recursive: true });
  writeFileSync(join(clone, 'kustomization.yaml'), pageKustomization());
  const env = {
    ...process.env,
    PATH: [bin, dirname(process.execPath), process.env['PATH']].join(':'),
    KUBECONFIG: cluster.kubeconfig('admin'),
  };
  const exports = pageCommands().filter(({ text }) => text.startsWith('export '));
  const shell = async (command: string, cwd: string): Promise<string> => {
    const script = [...exports.map(({ text }) => text), command].join('\n');
    const options = { cwd, env, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout, stderr } = await run('/bin/sh', ['-e', '-c', script], options);
    return `${stdout}${stderr}`;
  };
  return {
    run: (command) => shell(command, ROOT),
    runBesideKustomization: (command) => shell(command, clone),
  };
}
