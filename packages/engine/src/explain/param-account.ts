import type { Json } from '@cartographer/machinery';
import type { ParamLevels } from '../read/param-values.ts';

/** The levels at which a param may be given, lowest first. */
const LEVELS = ['template', 'blueprint', 'resource', 'owner'] as const;

/** One level's word on a param. */
export type ParamGiven = {
  readonly level: (typeof LEVELS)[number];
  /** `value` of a blueprint or a step locks the param against the owner; a `default` does not. */
  readonly as: 'value' | 'default';
  readonly value: Json;
  /** Whether this one counts. */
  readonly wins: boolean;
};

/** Where a param has its value from. */
export type ParamAccount = {
  readonly name: string;
  readonly value: Json;
  /** All who give it, lowest first. */
  readonly given: readonly ParamGiven[];
  /** The owner gives it, and a blueprint or step does not let it. */
  readonly locked: boolean;
};

type Entry = Omit<ParamGiven, 'wins'>;

/** Every param that the template sees, with all that give it: the rules of {@link paramValues}, told. */
export function paramAccounts(levels: ParamLevels): readonly ParamAccount[] {
  const names = new Set(LEVELS.flatMap((level) => (levels[level] ?? []).map(({ name }) => name)));
  return [...names].flatMap((name) => accountOf(name, levels));
}

function accountOf(name: string, levels: ParamLevels): readonly ParamAccount[] {
  const given = LEVELS.flatMap((level) => entriesOf(name, level, levels));
  const chain = given.filter(({ level }) => level === 'blueprint' || level === 'resource').at(-1);
  const isLocked = chain?.as === 'value';
  const winner = given.findLast(({ level }) => !(isLocked && level === 'owner'));
  if (winner === undefined) return [];
  const locked = isLocked && given.some(({ level }) => level === 'owner');
  return [{ name, value: winner.value, given: given.map((entry) => ({ ...entry, wins: entry === winner })), locked }];
}

/** Of several entries with one name each counts in turn; one with neither value nor default says nothing. */
function entriesOf(name: string, level: ParamGiven['level'], levels: ParamLevels): readonly Entry[] {
  if (level === 'template' || level === 'owner') {
    const own =
      level === 'template' ? levels.template?.map((it) => ({ name: it.name, value: it.default })) : levels.owner;
    const as = level === 'template' ? 'default' : 'value';
    return (own ?? []).filter((it) => it.name === name).map((it) => ({ level, as, value: it.value ?? null }));
  }
  return (levels[level] ?? []).flatMap((it): readonly Entry[] => {
    if (it.name !== name) return [];
    if (it.value !== undefined && it.value !== null) return [{ level, as: 'value', value: it.value }];
    return it.default === undefined ? [] : [{ level, as: 'default', value: it.default }];
  });
}
