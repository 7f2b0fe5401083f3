import { listAt, textAt, textsAt } from '@cartographer/machinery';
import { toolDefinitions } from '@cartographer/testkit';
import { realRuns } from '../../e2e/catalogue/real-runs.ts';
import { readTools, type Tool } from '../../e2e/catalogue/tools.ts';
import { code, NOTHING, type Tables, table } from './tables.ts';

type Template = Tool['templates'][number];
type Rule = { readonly matchConditions?: unknown; readonly matchFields?: unknown };

/** The tables of `docs/catalogue.md`, as the folders of `examples/catalogue` have them. */
export function catalogueTables(): Tables {
  const tools = readTools();
  return new Map([
    ['tools', table(['tool', 'makes', 'hands on', 'healthy', 'failed', 'lifecycle'], tools.map(toolRow))],
    ['traps', table(['tool', 'mind'], tools.flatMap(trapRows))],
    ['runs', table(['tool', 'definition', 'recorded states', 'written states', 'run for real'], tools.map(runRow))],
  ]);
}

function toolRow(tool: Tool): readonly string[] {
  const [template] = tool.templates;
  const { apiVersion, kind } = madeOf(tool);
  const [healthy, failed] = template === undefined ? [NOTHING, NOTHING] : ruleOf(template);
  return [
    link(tool),
    `${code(kind)} of ${code(apiVersion)}`,
    tool.templates.map(readsOf).join('; '),
    healthy,
    failed,
    textAt(template?.['spec'], 'lifecycle') || 'mutable',
  ];
}

function madeOf({ statuses }: Tool): { readonly apiVersion: string; readonly kind: string } {
  return statuses[0]?.object ?? { apiVersion: '', kind: '' };
}

function link({ name }: Tool): string {
  return `[${name}](../examples/catalogue/${name})`;
}

const PATHS = ['urlPath', 'revisionPath', 'imagePath', 'configPath'];
const WHEN: Readonly<Record<string, string>> = {
  current: ', of the present generation',
  healthy: ', of the present generation, while healthy',
};

/** What a template hands on, and when. */
function readsOf({ kind, metadata, spec }: Template): string {
  const when = WHEN[metadata.annotations?.['carto.run/read'] ?? ''] ?? '';
  const paths = PATHS.map((path) => textAt(spec, path)).filter((path) => path !== '');
  const outputs = Object.entries((spec as { readonly outputs?: Readonly<Record<string, string>> }).outputs ?? {});
  const matches = listAt(spec, 'observedMatches').map(
    (pair) => `${code(textAt(pair, 'input'))} = ${code(textAt(pair, 'output'))}`,
  );
  const completion = textAt(spec, 'observedCompletion', 'succeeded', 'key');
  if (matches.length > 0) return `its input, once ${matches.join(' and ')}${when}`;
  if (completion !== '') return `its input, once ${code(completion)}${when}`;
  if (outputs.length > 0) return `of the run: ${outputs.map(([, path]) => code(path)).join(', ')}`;
  return paths.length === 0
    ? `nothing${kind === 'ClusterTemplate' ? '' : when}`
    : `${paths.map(code).join(', ')}${when}`;
}

/** When a template's object is healthy, and when it has failed. */
function ruleOf({ spec }: Template): readonly [string, string] {
  const { healthRule, lifecycle } = spec as {
    readonly lifecycle?: string;
    readonly healthRule?: {
      readonly singleConditionType?: string;
      readonly multiMatch?: { readonly healthy: Rule; readonly unhealthy: Rule };
    };
  };
  const { healthy, unhealthy } = healthRule?.multiMatch ?? {};
  if (healthy !== undefined && unhealthy !== undefined) {
    return [requirements(healthy).join(' and '), requirements(unhealthy).join(' or ')];
  }
  const type = healthRule?.singleConditionType ?? (lifecycle === 'tekton' ? 'Succeeded' : '');
  return [`${code(type)} is True`, `${code(type)} is False`];
}

function requirements(rule: Rule): readonly string[] {
  const conditions = listAt(rule, 'matchConditions').map(
    (each) => `${code(textAt(each, 'type'))} is ${textAt(each, 'status')}`,
  );
  const fields = listAt(rule, 'matchFields').map((each) => {
    const values = textsAt(each, 'values').join(' or ');
    return `${code(textAt(each, 'key'))} ${values === '' ? 'is there' : `is ${values}`}`;
  });
  return [...conditions, ...fields];
}

function trapRows(tool: Tool): readonly (readonly string[])[] {
  return tool.traps.map((trap) => [link(tool), trap]);
}

function runRow(tool: Tool): readonly string[] {
  const { apiVersion, kind } = madeOf(tool);
  const [group = ''] = apiVersion.split('/');
  const definition = toolDefinitions().find(
    ({ definition: { spec } }) => textAt(spec, 'group') === group && textAt(spec, 'names', 'kind') === kind,
  );
  const isRecorded = ({ from }: Tool['statuses'][number]): boolean => !from.startsWith('written ');
  const names = (recorded: boolean): string =>
    tool.statuses
      .filter((status) => isRecorded(status) === recorded)
      .map(({ name }) => name)
      .join(', ') || NOTHING;
  return [link(tool), definition?.origin ?? 'Kubernetes 1.34.4', names(true), names(false), realRuns[tool.name] ?? ''];
}
