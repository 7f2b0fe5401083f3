const MOST_SHOWN = 3;

/** Names that somebody may have meant who typed `wanted`: the nearest first, at most three. */
export function nearNames(wanted: string, names: readonly string[]): readonly string[] {
  const mostChanges = Math.max(1, Math.floor(wanted.length / 3));
  return names
    .map((name) => ({ name, changes: startsAlike(wanted, name) ? 1 : changesBetween(wanted, name) }))
    .filter(({ name, changes }) => name !== wanted && changes <= mostChanges)
    .toSorted((left, right) => left.changes - right.changes || (left.name < right.name ? -1 : 1))
    .slice(0, MOST_SHOWN)
    .map(({ name }) => name);
}

const LEAST_ALIKE = 3;

function startsAlike(wanted: string, name: string): boolean {
  const shorter = Math.min(wanted.length, name.length);
  return shorter >= LEAST_ALIKE && wanted.slice(0, shorter) === name.slice(0, shorter);
}

/** Letters to change, add, leave out or exchange with the next one until one text is the other. */
function changesBetween(left: string, right: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const isSame = left[i - 1] === right[j - 1];
      const changed = (last[j - 1] ?? 0) + (isSame ? 0 : 1);
      const isTurned = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const turned = isTurned ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(changed, turned, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [before, last] = [last, row];
  }
  return last[right.length] ?? 0;
}
