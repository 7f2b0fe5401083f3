import { API_VERSION } from '@cartographer/api';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import { parseOwner } from '../frame/owner-name.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { refuseProblems } from '../frame/words.ts';
import { type PrintFormat, parseFormat } from '../screen/print-objects.ts';
import { type Change, readChange } from './change.ts';
import { changeOwner } from './change-owner.ts';
import type { EditFlags } from './edit-flags.ts';
import { ownerProblems } from './owner-problems.ts';
import { type EditedKind, readOwner } from './read-owner.ts';

/** What a person asked for, read and checked before any cluster is asked. */
export type EditRequest = {
  readonly verb: 'create' | 'apply';
  readonly kind: EditedKind;
  readonly name: string;
  /** That of the flags, else of the file. */
  readonly namespace: string | undefined;
  readonly file: KubeObject | undefined;
  readonly change: Change;
  readonly flags: EditFlags;
  readonly format: PrintFormat | undefined;
  /** `--type-label` stands on the command line itself. */
  readonly typeLabelIsSaid: boolean;
};

const LONGEST_NAME = 63;

/** Which command was given. */
export type EditCommand = Pick<EditRequest, 'verb' | 'kind' | 'flags' | 'typeLabelIsSaid'> & {
  readonly name: string | undefined;
};

/**
 * Reads flags and file of `create` and `apply`.
 * @throws CartoError `CARTO_USAGE`, with one line for each problem, in the names of flags.
 */
export async function readRequest(command: EditCommand, surroundings: Surroundings): Promise<EditRequest> {
  const { kind, flags } = command;
  const problems: string[] = [];
  const change = readChange(flags, problems);
  flagProblems(command, problems);
  const format = attempt(() => parseFormat(flags.output), problems);
  const given = command.name;
  const named = given === undefined ? undefined : attempt(() => ownName(given, kind), problems);
  refuseProblems(problems);
  const file = flags.file === undefined ? undefined : await readOwner(flags.file, kind, surroundings);
  const name = named ?? file?.metadata.name;
  if (name === undefined) {
    const why = file === undefined ? '' : `: the file has no metadata.name`;
    throw new CartoError('CARTO_USAGE', `give the NAME of the ${kind.toLowerCase()}${why}`);
  }
  if (name.length > LONGEST_NAME) {
    throw new CartoError(
      'CARTO_USAGE',
      `"${name}" is too long: what is made for it carries it as a label, of ${LONGEST_NAME} characters at most`,
    );
  }
  const request = {
    ...command,
    name: ownName(name, kind),
    namespace: flags.namespace ?? file?.metadata.namespace,
    file,
    change,
    format,
  };
  if (file !== undefined || command.verb === 'create') refuseProblems(wholeProblems(request));
  return request;
}

function flagProblems({ flags }: EditCommand, problems: string[]): void {
  const { dryRun, wait = false, tail = false, live = false, localPath, sourceImage } = flags;
  if (dryRun !== undefined && (wait || tail)) {
    problems.push(`--${wait ? 'wait' : 'tail'}: with --dry-run nothing is written that could be waited for`);
  }
  if (tail && flags.output !== undefined) problems.push('--tail: with -o nothing but the object is printed');
  const logins = [
    ['--registry-ca-cert', flags.registryCaCert],
    ['--registry-username', flags.registryUsername],
    ['--registry-password', flags.registryPassword],
    ['--registry-token', flags.registryToken],
  ] as const;
  for (const [flag, value] of logins) {
    if (value !== undefined && localPath === undefined) problems.push(`${flag}: only used with --local-path`);
  }
  if (live && localPath === undefined) problems.push('--live: only used with --local-path');
  if (live && dryRun !== undefined) problems.push('--live: with --dry-run nothing is pushed');
  if (localPath === '') problems.push('--local-path: give a folder, or a zip, jar or war archive');
  if (localPath !== undefined && sourceImage === '') problems.push('--source-image: required with --local-path');
}

/** A name on the command line, of the kind that the command is about. */
function ownName(text: string, kind: EditedKind): string {
  const owner = parseOwner(text, kind);
  if (owner.kind === kind) return owner.name;
  throw new CartoError('CARTO_USAGE', `"${text}" is no ${kind.toLowerCase()}; use "carto ${owner.kind.toLowerCase()}"`);
}

/** With a file, and for a new owner, everything that it will be is known here; what a label of `--type` adds is not looked at. */
function wholeProblems({
  file,
  kind,
  change,
  flags,
}: Pick<EditRequest, 'file' | 'kind' | 'change' | 'flags'>): readonly string[] {
  const owner = changeOwner(file ?? { apiVersion: API_VERSION, kind, metadata: {} }, change);
  const isUploaded = flags.localPath !== undefined;
  return ownerProblems(owner).flatMap(({ text }) => (isUploaded && text.startsWith('--sub-path') ? [] : [text]));
}

function attempt<T>(read: () => T, problems: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CartoError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}
