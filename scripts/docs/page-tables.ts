import {
  CONDITION_TYPES,
  EVENT_REASONS,
  type Explanation,
  type ExplanationCase,
  type Explanations,
  MOVERS,
  REASONS,
} from '@cartographer/api';
import { INTENT_REASONS } from '@cartographer/conventions';
import { BUILD_REASONS, SERVER_REASONS } from '@cartographer/jenkins';
import { LAPTOP_REASONS, type LaptopExplanation } from '@cartographer/laptop';
import { ERRORS } from '@cartographer/machinery';
import { EXCEPTION_REASONS, POLICY_REASONS, SCAN_REASONS, SOURCE_REASONS } from '@cartographer/scanning';
import { CHECKS, FINDINGS } from '../../packages/cli/src/doctor/findings.ts';
import { EXIT, EXIT_MEANINGS } from '../../packages/cli/src/frame/exit-codes.ts';
import { catalogueTables } from './catalogue-tables.ts';
import { code, NOTHING, type Tables, table } from './tables.ts';

/** The tables that are made from code, by the page in `docs` that they stand in. The words around them are the page's own. */
export const PAGE_TABLES: ReadonlyMap<string, Tables> = new Map([
  ['reasons.md', reasonTables()],
  ['laptop-reasons.md', laptopTables()],
  ['scan-reasons.md', scanTables()],
  ['jenkins-reasons.md', jenkinsTables()],
  ['convention-reasons.md', new Map(tablesOf('intent', INTENT_REASONS))],
  ['errors.md', errorTables()],
  ['exit-codes.md', new Map([['exit codes', exitTable()]])],
  ['troubleshooting.md', doctorTables()],
  ['catalogue.md', catalogueTables()],
]);

/**
 * The page with its tables as they are now. A table stands between `<!-- table NAME -->` and `<!-- end -->`.
 *
 * @throws Error when the page has no place for a table, or a place for one that there is not.
 */
export function withTables(page: string, text: string, tables: Tables): string {
  const placed = new Set<string>();
  const filled = text.replaceAll(/^<!-- table (.+?) -->$.*?^<!-- end -->$/gms, (_place, name: string) => {
    const table = tables.get(name);
    if (table === undefined)
      throw new Error(`docs/${page} has a place for the table "${name}", which is not in the code`);
    placed.add(name);
    return `${opening(name)}\n\n${table}\n\n<!-- end -->`;
  });
  for (const name of tables.keys()) {
    if (placed.has(name)) continue;
    throw new Error(
      `docs/${page} has no place for the table "${name}": add the lines "${opening(name)}" and "<!-- end -->"`,
    );
  }
  return filled;
}

function opening(name: string): string {
  return `<!-- table ${name} -->`;
}

function reasonTables(): Tables {
  const types = Object.entries(CONDITION_TYPES).map(([object, list]) => [object, list.map(code).join(', ')]);
  const told = new Map<Explanation, string>();
  const explained = Object.entries<Explanations>({ ...REASONS, ...EVENT_REASONS });
  return new Map([
    ['whose move', table(['', 'means'], Object.entries(MOVERS))],
    ['condition types', table(['object', 'conditions, in this order'], types)],
    ...explained.map(([type, reasons]): [string, string] => [type, reasonTable(type, reasons, told)]),
  ]);
}

/** What another table has told already is named, and not told again. */
function reasonTable(type: string, reasons: Explanations, told: Map<Explanation, string>): string {
  const rows: (readonly string[])[] = [];
  const repeated = new Map<string, string[]>();
  for (const [reason, explanation] of Object.entries(reasons)) {
    const place = told.get(explanation);
    if (place === undefined) {
      told.set(explanation, type);
      rows.push([code(reason), meaning(explanation), explanation.move, nextStep(explanation)]);
    } else {
      repeated.set(place, [...(repeated.get(place) ?? []), code(reason)]);
    }
  }
  const others = [...repeated].map(
    ([place, list]) => `\n\nAs under [${place}](#${place.toLowerCase()}): ${list.join(', ')}.`,
  );
  return table(['reason', 'means', 'whose move', 'what to do'], rows) + others.join('');
}

function meaning({ means, unwritten }: Explanation): string {
  return unwritten === undefined ? means : `${means}; the original's word, never written: ${unwritten}`;
}

function nextStep({ next = NOTHING, cases = [], see }: Explanation): string {
  return [next, ...cases.map(caseText), ...(see === undefined ? [] : [`[More](${see})`])].join('. ');
}

function caseText(found: ExplanationCase): string {
  if ('status' in found) return `While it is Unknown: ${found.next}`;
  return `If the message says *${found.says}*, it is for ${found.move}: ${found.next}`;
}

function laptopTables(): Tables {
  const places = { condition: 'condition', event: 'event', both: 'condition, event' } as const;
  return new Map(
    Object.entries(LAPTOP_REASONS).flatMap(([kind, { conditions, reasons }]) => {
      const rows = Object.entries<LaptopExplanation>(reasons).map(([reason, { of, means, next = NOTHING }]) => [
        code(reason),
        places[of],
        means,
        next,
      ]);
      return [
        [`conditions of ${kind}`, `Conditions: ${conditions.map(code).join(', ')}.`],
        [`reasons of ${kind}`, table(['reason', 'where', 'means', 'what to do'], rows)],
      ] as const;
    }),
  );
}

/** One table for each type of condition of a kind. */
function tablesOf(kind: string, types: Readonly<Record<string, Explanations>>): readonly [string, string][] {
  const told = new Map<Explanation, string>();
  return Object.entries(types).map(([type, reasons]) => [`${kind} ${type}`, reasonTable(type, reasons, told)]);
}

function jenkinsTables(): Tables {
  return new Map([...tablesOf('build', BUILD_REASONS), ...tablesOf('server', SERVER_REASONS)]);
}

function scanTables(): Tables {
  return new Map([
    ...tablesOf('scan', SCAN_REASONS),
    ...tablesOf('source', SOURCE_REASONS),
    ...tablesOf('policy', { Ready: POLICY_REASONS }),
    ...tablesOf('exception', { Ready: EXCEPTION_REASONS }),
  ]);
}

function exitTable(): string {
  const rows = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [
    code(String(EXIT[name])),
    EXIT_MEANINGS[name],
  ]);
  return table(['exit code', 'means'], rows);
}

function errorTables(): Tables {
  return new Map(
    Object.entries(ERRORS).map(([part, codes]) => {
      const rows = Object.entries(codes).map(([name, { means, next }]) => [code(name), means, next]);
      return [part, table(['code', 'means', 'what to do'], rows)];
    }),
  );
}

function doctorTables(): Tables {
  const checks = Object.entries(CHECKS).map(([name, well]) => [code(name), well]);
  const findings = Object.entries(FINDINGS).map(([reason, { check, means, move, next }]) => {
    return [code(reason), code(check), means, move, next];
  });
  return new Map([
    ['checks', table(['check', 'all is well when'], checks)],
    ['findings', table(['reason', 'check', 'means', 'whose move', 'what to do'], findings)],
  ]);
}
