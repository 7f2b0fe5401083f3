import { isList, type Json } from '@cartographer/machinery';

/** Why an answer is none: what came, and what to do about it. Whoever called puts the URL in front. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** What a value is that should have been another, for messages: its kind and never what is in it. */
export function kindOf(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (isList(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'bigint' ? 'a number' : `a ${typeof value}`;
}
