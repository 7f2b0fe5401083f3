import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JsonObject } from '@cartographer/machinery';
import { isObject, parseYamlDocuments } from '@cartographer/machinery';

/** What the documents of a step's file are for. */
export type StepAction = 'apply' | 'patch' | 'patch-status' | 'delete' | 'refused' | 'assert' | 'absent';

/** A document of a step: an object, or as much of one as the step needs. */
type CaseDocument = JsonObject & { readonly kind: string };

/** One file of a case. */
export type CaseStep = {
  readonly file: string;
  readonly action: StepAction;
  readonly documents: readonly CaseDocument[];
};

/** A folder of numbered YAML files: things to do, and what must be there afterwards. */
export type AcceptanceCase = { readonly name: string; readonly namespace: string; readonly steps: readonly CaseStep[] };

const STEP_FILE = /^\d\d-[a-z0-9-]+\.yaml$/;

/** The words at the end of a file's name that say what it is for; every other file is applied. */
const ACTIONS: readonly (readonly [RegExp, StepAction])[] = [
  [/-patch-status$/, 'patch-status'],
  [/-patch$/, 'patch'],
  [/-delete$/, 'delete'],
  [/-refused$/, 'refused'],
  [/-assert$/, 'assert'],
  [/-(absent|errors?)$/, 'absent'],
];

/** The cases of a folder, by name. */
export function loadCases(folder: string): readonly AcceptanceCase[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => loadCase(join(folder, entry.name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Reads a case. `$NS` in its files stands for the namespace that the case has for itself. */
function loadCase(folder: string): AcceptanceCase {
  const name = basename(folder);
  const namespace = `acceptance-${name}`;
  const steps = readdirSync(folder)
    .toSorted()
    .map((file) => loadStep(folder, file, namespace));
  return { name, namespace, steps };
}

function loadStep(folder: string, file: string, namespace: string): CaseStep {
  if (!STEP_FILE.test(file)) throw new Error(`${join(folder, file)}: the name of a step is like 00-apply.yaml`);
  const stem = file.slice(0, -'.yaml'.length);
  const action = ACTIONS.find(([pattern]) => pattern.test(stem))?.[1] ?? 'apply';
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('$NS', () => namespace);
  const documents = parseYamlDocuments(text);
  const odd = documents.find((document) => !isObject(document) || typeof document['kind'] !== 'string');
  if (odd !== undefined || documents.length === 0) {
    throw new Error(`${join(folder, file)}: every document is an object with a kind`);
  }
  return { file, action, documents: documents as unknown as readonly CaseDocument[] };
}
