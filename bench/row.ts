/** One measured line: ours beside a floor that was measured in the same run. */
export type Row = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly floor?: { readonly name: string; readonly value: number };
  /** Goal for the value, or for the ratio to the floor. */
  readonly goal?: { readonly of: 'value' | 'ratio'; readonly atMost?: number; readonly atLeast?: number };
};

/** What this process has used of the cores, in milliseconds: other work beside it counts less than in a time. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The median of at least one number. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which the given share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A row as a line of a table. */
export function rowText({ name, value, unit, floor, goal }: Row): string {
  const ratio = floor === undefined ? undefined : value / floor.value;
  const judged = goal?.of === 'ratio' ? ratio : value;
  const met = judged === undefined || goal === undefined ? '' : isMet(judged, goal) ? 'met' : 'MISSED';
  const bound =
    goal === undefined
      ? ''
      : `${goal.of === 'ratio' ? 'ratio ' : ''}${goal.atMost === undefined ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`}`;
  return `| ${name} | ${number(value)} ${unit} | ${floor === undefined ? '' : `${floor.name}: ${number(floor.value)} ${unit}`} | ${ratio === undefined ? '' : ratio.toFixed(2)} | ${bound} | ${met} |`;
}

function isMet(value: number, { atMost = Infinity, atLeast = -Infinity }: NonNullable<Row['goal']>): boolean {
  return value <= atMost && value >= atLeast;
}

function number(value: number): string {
  return Math.abs(value) >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en-US')
    : value.toPrecision(3);
}
