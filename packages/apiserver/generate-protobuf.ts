/**
 * `npm run generate:protobuf`: writes the table by which the server reads and writes protobuf, and the objects that its
 * tests compare with Go, both from the Go types of Kubernetes. Needs Go, and the modules of `go/protobuf/go.mod`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createBuiltInResources } from './src/core/kinds/built-in-resources.ts';
import { virtualResources } from './src/front/documents/virtual-resources.ts';

const PROGRAM = join(import.meta.dirname, 'go', 'protobuf');
/** Where the table is committed. */
export const TABLE = join(import.meta.dirname, 'src', 'front', 'protobuf', 'descriptors.ts');
const CORPUS = join(import.meta.dirname, 'testdata', 'protobuf.json');

/** Kinds in bodies and answers that are no resource of their own. */
const OTHER_KINDS = [
  'authentication.k8s.io/v1 TokenRequest',
  'autoscaling/v1 Scale',
  'policy/v1 Eviction',
  'v1 DeleteOptions',
  'v1 Status',
];

/** Every kind that the server takes in a body, as `apps/v1 Deployment`. */
export function protobufKinds(): readonly string[] {
  const served = [...createBuiltInResources(0), ...virtualResources];
  const kinds = served.map(({ group, version, kind }) => `${group === '' ? '' : `${group}/`}${version} ${kind}`);
  return [...kinds, ...OTHER_KINDS].toSorted();
}

/** The kinds' lists, which the server answers and never reads. */
function listKinds(): readonly string[] {
  return createBuiltInResources(0).map(
    ({ group, version, listKind }) => `${group === '' ? '' : `${group}/`}${version} ${listKind}`,
  );
}

/** The text of the table for the Kubernetes version in `go/protobuf/go.mod`. */
export function descriptorTable(): string {
  const version = /k8s\.io\/api (?<version>v\S+)/.exec(readFileSync(join(PROGRAM, 'go.mod'), 'utf8'))?.groups?.[
    'version'
  ];
  const table = run('table', [...protobufKinds(), ...listKinds()]);
  return `// Messages of k8s.io/api ${version}. Written by \`npm run generate:protobuf\`: do not edit.

/**
 * The messages of Kubernetes' protobuf encoding that the served kinds reach, by group and version of their Go package.
 * \`!:\` marks a kind. A field is \`name=number:type\`; without a name its fields stand in JSON inside the message.
 * \`*\` is a pointer in Go, \`[]\` a list, \`{}\` a map from texts, and JSON shows \`!\` even when it is not set.
 */
export const DESCRIPTORS = \`${table.trimEnd()}\`;
`;
}

/** One JSON object a line: what Go writes for a kind in both encodings. */
function corpus(): string {
  const samples = JSON.parse(run('corpus', protobufKinds())) as readonly unknown[];
  return `[\n${samples.map((sample) => JSON.stringify(sample)).join(',\n')}\n]\n`;
}

function run(what: 'table' | 'corpus', kinds: readonly string[]): string {
  const env = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };
  const options = { cwd: PROGRAM, env, input: kinds.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  return execFileSync('go', ['run', '.', what], options);
}

if (import.meta.main) {
  writeFileSync(TABLE, descriptorTable());
  writeFileSync(CORPUS, corpus());
}
