import { spanMs } from '@cartographer/api';
import { InvalidArgumentError } from 'commander';

const LEAST_SPAN_MS = 1_000;

/** Reads `a,b , c`. */
export function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Takes a flag that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Reads a span as Go writes it, of a second or more, in milliseconds. */
export function timeSpan(text: string): number {
  const ms = spanMs(text);
  if (ms === undefined || ms < LEAST_SPAN_MS) throw new InvalidArgumentError('give a span of 1s or more, like 10m.');
  return ms;
}

/** Reads a port; 0 stands for any that is free. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

/** Reads a whole number of 1 or more. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number of 1 or more.');
  return value;
}
