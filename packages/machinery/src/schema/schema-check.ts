import type { FieldError } from '../text/field-error.ts';
import { invalidError } from '../text/field-error.ts';
import type { Json } from '../values/json.ts';
import type { WorkGuard } from '../values/work-guard.ts';

/** Something wrong, at a path that grows on the way up: paths cost nothing as long as all is well. */
export type Failure = {
  /** Path from the place of the check, `.a.b[0]`. */
  path: string;
  /** The error, given the whole path. */
  readonly build: (path: string) => FieldError;
};

/**
 * Checks a value and adds what is wrong. `old` is the value that the same place held before, if it can be told: what
 * has not changed since is not held against the writer (Kubernetes calls it ratcheting). The guard is told of work that
 * grows faster than the value.
 */
export type Check = (value: Json, old: Json | undefined, failures: Failure[], guard: WorkGuard) => void;

/** More are not looked for: nobody reads them, and each has its path to carry up. */
export const MAX_FAILURES = 1000;

/** Adds a failure of the value itself. */
export function fail(failures: Failure[], build: (path: string) => FieldError): void {
  failures.push({ path: '', build });
}

/** Adds failures that were found apart. Not by `push(...)`: a hundred thousand of them are more than a call may have. */
export function addAll(failures: Failure[], found: readonly Failure[]): void {
  for (const failure of found) failures.push(failure);
}

/** Puts a step before the paths of all failures from an index on. */
export function prefixFrom(failures: Failure[], start: number, step: string): void {
  for (let i = start; i < failures.length; i++) {
    const failure = failures[i];
    if (failure !== undefined) failure.path = step + failure.path;
  }
}

/** The errors of a finished check. The root has no leading dot. */
export function errorsOf(failures: readonly Failure[]): readonly FieldError[] {
  return failures.map(({ path, build }) => build(path.startsWith('.') ? path.slice(1) : path));
}

/** `Invalid value: <value>: <path> in body <text>`, the form of most schema errors. */
export function invalidBody(value: unknown, text: string): (path: string) => FieldError {
  return (path) => invalidError(path, value, `${path} in body ${text}`);
}

/** Errors about a choice of schemas have no field of their own; the path is in the text. */
export function choiceError(text: string): (path: string) => FieldError {
  return (path) => invalidError('<nil>', '', `${JSON.stringify(path)} ${text}`);
}
