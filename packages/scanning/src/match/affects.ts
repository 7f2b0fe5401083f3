import type { AffectedPackage, AffectedRange } from '../advisories/advisory.ts';
import { orderOf } from '../versions/ecosystems.ts';
import type { VersionOrder } from '../versions/order.ts';
import { semverOrder } from '../versions/semver-order.ts';

/** Whether a version is affected; `unreadable` where it, or a border of the record, cannot be compared. */
export type Answer = 'yes' | 'no' | 'unreadable';

/** Before every version. */
const FIRST = '0';
/** A limit that is none. */
const NO_LIMIT = '*';

/**
 * Whether an entry of a record affects a version of its package: it is listed, or lies in a range. Source: the
 * evaluation of the OSV schema. An entry that names neither versions nor ranges says nothing that can be compared; one
 * with ranges of commits alone affects no version.
 */
export function affects({ ecosystem, versions, ranges }: AffectedPackage, version: string): Answer {
  if (versions.includes(version) || (ecosystem === 'Go' && versions.includes(version.replace(/^v/, '')))) return 'yes';
  if (ranges.length === 0 && versions.length === 0) return 'unreadable';
  const compared = ranges.filter(({ type }) => isCompared(type));
  const order = orderOf(ecosystem);
  if (version.trim() === '' && (compared.length > 0 || versions.length > 0)) return 'unreadable';
  if (compared.length === 0) return isListed(versions, version, order) ? 'yes' : 'no';
  const answers = compared.map((range) => inRange(range, version, orderFor(range, order)));
  return answers.find((answer) => answer === 'yes') ?? answers.find((answer) => answer === 'unreadable') ?? 'no';
}

/** Whether versions are compared with a range: those of commits and unknown ones are only counted. */
export function isCompared(type: AffectedRange['type']): boolean {
  return type === 'SEMVER' || type === 'ECOSYSTEM';
}

function orderFor({ type }: AffectedRange, order: VersionOrder | undefined): VersionOrder | undefined {
  return order ?? (type === 'SEMVER' ? semverOrder : undefined);
}

/** Where a list is all that there is, another spelling of the same version counts, too: `1.0.0` for `1.0`. */
function isListed(versions: readonly string[], version: string, order: VersionOrder | undefined): boolean {
  return versions.some((listed) => order?.compare(listed, version) === 0);
}

type Border = { readonly version: string; readonly at: number };

/**
 * After the last `introduced` that is not later, before the next `fixed`, up to and including `last_affected`, below one
 * of the limits. Of two borders at the same version the later one in the record counts.
 */
function inRange({ events }: AffectedRange, version: string, order: VersionOrder | undefined): Answer {
  const borders = events.flatMap((event) => Object.values(event)).filter((border) => border !== NO_LIMIT);
  const isReadable = (text: string): boolean => order?.canRead(text) === true;
  if (!isReadable(version) || !borders.every((border) => border === FIRST || isReadable(border))) return 'unreadable';
  const compare = (left: string, right: string): number => order?.compare(left, right) ?? 0;
  const limits = events.flatMap((event) => ('limit' in event ? [event.limit] : []));
  if (limits.length > 0 && !limits.some((limit) => limit === NO_LIMIT || compare(version, limit) < 0)) return 'no';

  let start: Border | undefined;
  const afterStart = (border: Border): number => {
    if (start === undefined || start.version === FIRST) return 1;
    return border.version === FIRST ? -1 : compare(border.version, start.version) || border.at - start.at;
  };
  for (const [at, event] of events.entries()) {
    if (!('introduced' in event)) continue;
    const border = { version: event.introduced, at };
    const isNotLater = border.version === FIRST || compare(border.version, version) <= 0;
    if (isNotLater && (start === undefined || afterStart(border) > 0)) start = border;
  }
  if (start === undefined) return 'no';
  const isOver = events.some((event, at) => {
    if ('fixed' in event) return compare(event.fixed, version) <= 0 && afterStart({ version: event.fixed, at }) > 0;
    if (!('lastAffected' in event) || compare(event.lastAffected, version) >= 0) return false;
    return afterStart({ version: event.lastAffected, at }) > 0;
  });
  return isOver ? 'no' : 'yes';
}
