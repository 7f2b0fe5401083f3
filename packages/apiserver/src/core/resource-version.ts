import { internalError } from '../status-error.ts';

const LARGEST = 2n ** 64n - 1n;
/** More digits than the largest has. */
const MAX_DIGITS = 20;

/** @throws StatusError 500, as a real server answers a get and a watch, when the text is not a number. */
export function parseVersion(text: string): number {
  const problem = versionProblem(text);
  if (problem !== undefined) throw internalError(problem);
  return Number(text);
}

/** What is wrong with the resource version of a request's query. */
export function versionProblem(text: string): string | undefined {
  const problem = syntaxProblem(text);
  return problem && `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${problem}`;
}

/**
 * Checks the resource version that an object in a request says; none is fine.
 * @throws StatusError 500, as a real server answers, when the text is not a number.
 */
export function checkVersion(text: string | undefined): void {
  const problem = text ? syntaxProblem(text) : undefined;
  if (problem !== undefined) throw internalError(problem);
}

/** What is wrong with a text as a resource version, in the words of Go's `strconv`. */
function syntaxProblem(text: string): string | undefined {
  const isNumber = /^[0-9]+$/.test(text);
  const digits = text.replace(/^0+/, '');
  if (isNumber && (digits === '' || (digits.length <= MAX_DIGITS && BigInt(digits) <= LARGEST))) return undefined;
  return `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${isNumber ? 'value out of range' : 'invalid syntax'}`;
}
