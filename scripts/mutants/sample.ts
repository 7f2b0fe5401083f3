import { createHash } from 'node:crypto';
import { idOf, type Mutation } from './mutations.ts';

const SEED = 'promises';

/** A few bugs of a file: the same ones as long as the file stands as it does, and no others when it changes elsewhere. */
export function sampleOf(file: string, mutations: readonly Mutation[], size: number): readonly Mutation[] {
  return mutations
    .map((mutation) => ({ mutation, rank: rankOf(file, mutation) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutation }) => mutation);
}

function rankOf(file: string, mutation: Mutation): string {
  return createHash('sha256')
    .update(`${SEED}\n${file}\n${idOf(mutation)}`)
    .digest('hex');
}
