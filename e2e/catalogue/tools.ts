import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@cartographer/machinery';
import { objectsIn, readObjects } from '@cartographer/testkit';

/** Where the templates for other tools are, one folder each. */
const CATALOGUE = join(import.meta.dirname, '../../examples/catalogue');

/** The states of an object that each tool shows; a file may say more after a dash: `failed-builder.yaml`. */
const STATES = ['running', 'healthy', 'failed'] as const;

/** One of {@link STATES}. */
export type State = (typeof STATES)[number];

/** What a tool's object says in one state, from a file of the folder `statuses`. */
export type ToolStatus = {
  readonly name: string;
  readonly state: State;
  /** Where it is from: recorded, or written after what. */
  readonly from: string;
  /** What the tool's steps hand on then, by output. */
  readonly gives: Readonly<Record<string, string>>;
  /** `apiVersion`, `kind` and `status`. */
  readonly object: KubeObject;
};

/** A tool's templates, a chain and an owner that use them, and what its objects say. */
export type Tool = {
  readonly name: string;
  /** What the first comment of the template says it is for. */
  readonly about: string;
  readonly traps: readonly string[];
  readonly templates: readonly KubeObject[];
  readonly blueprint: KubeObject;
  readonly owner: KubeObject;
  readonly statuses: readonly ToolStatus[];
};

/** The account of the catalogue and its rights. */
export function accountObjects(): readonly KubeObject[] {
  return readObjects(join(CATALOGUE, 'account.yaml'));
}

/** Every tool of the catalogue; throws where a folder lacks a file. */
export function readTools(): readonly Tool[] {
  const folders = readdirSync(CATALOGUE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => readTool(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readTool(name: string): Tool {
  const folder = join(CATALOGUE, name);
  const text = readFileSync(join(folder, 'template.yaml'), 'utf8');
  const comments = headerOf(text);
  const [blueprint, owner, ...more] = readObjects(join(folder, 'chain.yaml'));
  if (blueprint === undefined || owner === undefined || more.length > 0) {
    throw new Error(`examples/catalogue/${name}/chain.yaml has to hold a blueprint and an owner`);
  }
  return {
    name,
    about: comments.filter((line) => !line.startsWith('trap: ')).join(' '),
    traps: values(comments, 'trap'),
    templates: objectsIn(text),
    blueprint,
    owner,
    statuses: readStatuses(name, join(folder, 'statuses')),
  };
}

function readStatuses(tool: string, folder: string): readonly ToolStatus[] {
  const statuses = readdirSync(folder).map((file) => readStatus(tool, folder, file));
  const missing = STATES.filter((state) => !statuses.some(({ name }) => name === state));
  if (missing.length > 0)
    throw new Error(`examples/catalogue/${tool}/statuses has no ${missing.join('.yaml, no ')}.yaml`);
  return statuses;
}

function readStatus(tool: string, folder: string, file: string): ToolStatus {
  const text = readFileSync(join(folder, file), 'utf8');
  const name = file.replace(/\.yaml$/, '');
  const state = STATES.find((each) => each === name || name.startsWith(`${each}-`));
  const [object] = objectsIn(text);
  const comments = headerOf(text);
  const [from] = values(comments, 'from');
  if (state === undefined || object === undefined || from === undefined) {
    throw new Error(`examples/catalogue/${tool}/statuses/${file} has no state in its name, no object, or no "# from:"`);
  }
  const gives = values(comments, 'gives').map((line) => line.split(/ (.*)/s).slice(0, 2));
  return { name, state, from, gives: Object.fromEntries(gives), object };
}

/** The comment lines at the head of a file. */
function headerOf(text: string): readonly string[] {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('# '));
  return lines.slice(0, end).map((line) => line.slice(2));
}

function values(comments: readonly string[], key: string): readonly string[] {
  return comments.filter((line) => line.startsWith(`${key}: `)).map((line) => line.slice(key.length + 2));
}
