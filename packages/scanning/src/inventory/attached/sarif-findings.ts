import { getKey, getPath, isList, isObject, type Json, type JsonObject, listAt, textAt } from '@cartographer/machinery';
import type { Rating } from '../../match/severity.ts';
import { FindingsCollected, type FindingsRead, shown, worstRating } from './finding-draft.ts';
import { fixIn, packagesIn } from './sarif-package.ts';

/** Says that there is no finding: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html, 3.27.9 and 3.27.24. */
const NO_FINDING = new Set(['pass', 'notApplicable']);
const SCORE = 'security-severity';
/** Without a score a level says little: scanners of packages write `warning`, which is also what an absent one means, for anything. */
const LEVELS: ReadonlyMap<string, readonly Rating[]> = new Map<string, readonly Rating[]>([
  ['error', [{ severity: 'High' }]],
  ['warning', []],
  ['note', [{ severity: 'Low' }]],
  ['none', [{ severity: 'Low' }]],
]);

/** The results of a SARIF 2.1.0 log, as scanners of packages write it. Undefined for what is no such log. */
export function sarifFindings(document: JsonObject): FindingsRead | undefined {
  const runs = getKey(document, 'runs');
  if (runs === undefined || textAt(document, 'bomFormat') !== '') return undefined;
  const collected = new FindingsCollected();
  const version = textAt(document, 'version');
  if (version !== '2.1.0') collected.leave('version', `is ${shown(version)}: SARIF 2.1.0 is read`);
  else if (!isList(runs)) collected.leave('runs', 'is not a list');
  else for (const [at, run] of runs.entries()) takeRun(collected, `runs[${at}]`, run);
  return collected.read;
}

function takeRun(collected: FindingsCollected, where: string, run: Json): void {
  const results = isObject(run) ? (getKey(run, 'results') ?? []) : undefined;
  if (!isList(results)) return collected.leave(`${where}.results`, 'is not a list');
  // A scanner that did not get to its end knows less than there is.
  for (const [at, invocation] of listAt(run, 'invocations').entries()) {
    const isDone = isObject(invocation) && getKey(invocation, 'executionSuccessful');
    if (isDone !== true) collected.leave(`${where}.invocations[${at}]`, 'says that the scan did not succeed');
  }
  const rules = listAt(run, 'tool', 'driver', 'rules').filter(isObject);
  const byId = new Map(rules.map((rule) => [textAt(rule, 'id'), rule]));
  for (const [at, result] of results.entries()) {
    const place = `${where}.results[${at}]`;
    if (isObject(result)) takeResult(collected, place, result, ruleOf(result, rules, byId));
    else collected.leave(place, 'is not an object');
  }
}

function ruleOf(
  result: JsonObject,
  rules: readonly JsonObject[],
  byId: ReadonlyMap<string, JsonObject>,
): JsonObject | undefined {
  const named = byId.get(idIn(result));
  const at = getKey(result, 'ruleIndex') ?? getPath(result, 'rule', 'index');
  return named ?? (typeof at === 'number' ? rules[at] : undefined);
}

function idIn(result: JsonObject): string {
  return textAt(result, 'ruleId') || textAt(result, 'rule', 'id');
}

function takeResult(
  collected: FindingsCollected,
  where: string,
  result: JsonObject,
  rule: JsonObject | undefined,
): void {
  if (NO_FINDING.has(textAt(result, 'kind')) || textAt(result, 'baselineState') === 'absent') return;
  const id = idIn(result) || textAt(rule, 'id');
  const packages = packagesIn(result, rule);
  const draft = {
    aliases: listAt(rule, 'deprecatedIds').filter((name) => typeof name === 'string'),
    rating: ratingOf(collected, where, result, rule),
    fixedIn: fixIn(result, rule),
    summary: textAt(rule, 'shortDescription', 'text'),
  };
  if (packages.length === 0) return collected.add(where, { ...draft, id, package: undefined });
  for (const found of packages) {
    // Grype's rules are of a vulnerability in a package: `CVE-2021-44906-minimist`.
    const own = id.endsWith(`-${found.name}`) ? id.slice(0, -found.name.length - 1) : id;
    collected.add(where, { ...draft, id: own, package: found });
  }
}

function ratingOf(
  collected: FindingsCollected,
  where: string,
  result: JsonObject,
  rule: JsonObject | undefined,
): Rating {
  const level = textAt(result, 'level') || textAt(rule, 'defaultConfiguration', 'level') || 'warning';
  const byLevel = LEVELS.get(level);
  if (byLevel === undefined) collected.leave(where, `has the level ${shown(level)}, which SARIF does not know`);
  const scores = [result, rule].flatMap((of) => {
    const properties = of === undefined ? undefined : getKey(of, 'properties');
    return (isObject(properties) ? getKey(properties, SCORE) : undefined) ?? [];
  });
  // Trivy and Grype write 0.0 for what they do not know.
  const rated = collected
    .rated(where, { scores: scores.slice(0, 1), words: [] })
    .map((rating): Rating => (rating.score === 0 ? { severity: 'Unknown' } : rating));
  // A level that nobody knows may be worse than the score says.
  if (byLevel === undefined) return worstRating([...rated, { severity: 'Unknown' }]);
  return worstRating(rated.length > 0 ? rated : byLevel);
}
