import { spanMs } from '@cartographer/api';
import { parsePurl } from '@cartographer/bills';
import {
  type CelPredicate,
  compilePredicate,
  type JsonObject,
  memoByIdentity,
  messageOf,
  type StructuralSchema,
} from '@cartographer/machinery';
import type { ScanPolicySpec } from '../kinds/read.ts';
import type { ScanRule } from '../kinds/scan-policy.ts';
import type { Finding } from '../match/finding.ts';
import { namesOf, publicationOf } from './facts.ts';
import { isAtLeast, severityFor } from './order.ts';

/** What one expression may cost for one finding, in evaluated steps. */
const EXPRESSION_COST = 100_000;
/** What all expressions of a policy may cost for all findings of an artifact. */
const POLICY_COST = 10_000_000;

const text = { type: 'string' } as const;
/** The fields of `finding` in expressions; all of them are always there, texts are empty where there is nothing. */
const FINDING: StructuralSchema = {
  type: 'object',
  properties: {
    id: text,
    aliases: { type: 'array', items: text },
    severity: text,
    score: { type: 'number' },
    fixable: { type: 'boolean' },
    fixedIn: text,
    summary: text,
    package: {
      type: 'object',
      properties: { name: text, version: text, purl: text, type: text, ecosystem: text },
    },
  },
};

/** Why an expression gives no answer; that refuses. */
export type ExpressionError = {
  readonly reason: 'ExpressionFailed' | 'ExpressionTooCostly';
  readonly message: string;
};

type Rule = {
  /** Where it stands: `deny[0]`. */
  readonly place: string;
  readonly clauses: ScanRule;
  readonly ids: ReadonlySet<string> | undefined;
  readonly olderThanMs: number;
  readonly predicate: CelPredicate | undefined;
};

/** The rules of a policy, ready for use. */
export type CompiledRules = {
  readonly deny: readonly Rule[];
  readonly warn: readonly Rule[];
  /** Expressions that do not compile. */
  readonly errors: readonly ExpressionError[];
};

/** Compiles the rules of a policy, once for each. */
export const compiledRules = memoByIdentity((spec: ScanPolicySpec): CompiledRules => {
  const errors: ExpressionError[] = [];
  const compile = (list: 'deny' | 'warn') =>
    (spec[list] ?? []).map((clauses, i) => compileRule(clauses, `${list}[${i}]`, errors));
  return { deny: compile('deny'), warn: compile('warn'), errors };
});

function compileRule(clauses: ScanRule, place: string, errors: ExpressionError[]): Rule {
  let predicate: CelPredicate | undefined;
  try {
    if (clauses.expression !== undefined) predicate = compilePredicate(clauses.expression, 'finding', FINDING);
  } catch (error) {
    errors.push({ reason: 'ExpressionFailed', message: `${place}.expression: ${messageOf(error)}` });
  }
  return {
    place,
    clauses,
    ids: clauses.ids === undefined ? undefined : new Set(clauses.ids.map((id) => id.toUpperCase())),
    olderThanMs: spanMs(clauses.olderThan ?? '0s') ?? 0,
    predicate,
  };
}

/** What the rules of one policy say, finding by finding; counts what expressions cost. */
export interface RuleRound {
  /** The first rule of a list that holds for the finding. */
  first(list: 'deny' | 'warn', finding: Finding): number | undefined;
  /** Times, in milliseconds since 1970, at which a rule begins to hold, or ends to. */
  readonly turns: readonly number[];
  readonly errors: readonly ExpressionError[];
}

/** Begins a round over the findings of an artifact, which must come in one order always. */
export function ruleRound(spec: ScanPolicySpec, nowMs: number): RuleRound {
  const compiled = compiledRules(spec);
  const errors = new Map(compiled.errors.map((error) => [error.message, error]));
  const turns: number[] = [];
  let left = POLICY_COST;

  const expressionHolds = ({ place, predicate }: Rule, finding: Finding): boolean => {
    if (predicate === undefined) return false;
    const outcome = predicate.evaluate(findingValue(finding, spec), Math.min(EXPRESSION_COST, left));
    left = Math.max(0, left - outcome.cost);
    if (outcome.kind === 'said') return outcome.holds;
    const failed = outcome.kind === 'failed';
    const message = failed ? `${place}.expression: ${outcome.message}` : `${place}.expression costs more than it may`;
    errors.set(message, { reason: failed ? 'ExpressionFailed' : 'ExpressionTooCostly', message });
    return false;
  };

  const isOlder = ({ olderThanMs }: Rule, finding: Finding): boolean => {
    const { atMs = Number.NEGATIVE_INFINITY, turnMs } = publicationOf(finding, nowMs);
    turns.push(turnMs ?? atMs + olderThanMs);
    return nowMs >= atMs + olderThanMs;
  };

  const holds = (rule: Rule, finding: Finding): boolean => {
    if (!clausesHold(rule, finding, spec)) return false;
    if (rule.clauses.olderThan !== undefined && !isOlder(rule, finding)) return false;
    return rule.clauses.expression === undefined || expressionHolds(rule, finding);
  };

  return {
    first(list, finding) {
      const index = compiled[list].findIndex((rule) => holds(rule, finding));
      return index < 0 ? undefined : index;
    },
    turns,
    get errors() {
      return [...errors.values()];
    },
  };
}

/** All clauses but `olderThan` and `expression`. */
function clausesHold({ clauses, ids }: Rule, finding: Finding, spec: ScanPolicySpec): boolean {
  const { severityAtLeast, fixable, ecosystem } = clauses;
  if (severityAtLeast !== undefined) {
    const { severity } = severityFor(finding, spec.unknownSeverityIs);
    if (!isAtLeast(severity, severityAtLeast)) return false;
  }
  if (fixable !== undefined && fixable !== (finding.fixedIn !== undefined)) return false;
  if (ids !== undefined && !namesOf(finding).some((name) => ids.has(name.toUpperCase()))) return false;
  return ecosystem === undefined || isOfEcosystem(finding.package.ecosystem, ecosystem);
}

/** `Debian` is every release of it; upper and lower case are one, as a rule that never holds would let all through. */
function isOfEcosystem(ecosystem: string, wanted: string): boolean {
  const [of, to] = [ecosystem.toLowerCase(), wanted.toLowerCase()];
  return of === to || of.startsWith(`${to}:`);
}

function findingValue(finding: Finding, { unknownSeverityIs }: ScanPolicySpec): JsonObject {
  const { id, aliases, fixedIn, summary, package: found } = finding;
  return {
    id,
    aliases,
    ...severityFor(finding, unknownSeverityIs),
    fixable: fixedIn !== undefined,
    fixedIn: fixedIn ?? '',
    summary,
    package: { ...found, type: parsePurl(found.purl)?.type ?? '' },
  };
}
