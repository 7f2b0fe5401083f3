import { getPath, isObject, type Json, type KubeObject, listAt, stringifyJson, textAt } from '@cartographer/machinery';
import { templateKey } from '../read/templates.ts';
import { cut } from '../screen/text.ts';

/** A param of a step as long as no owner says anything. */
type StepParam = { readonly param: string; readonly by: string; readonly value: Json; readonly isOpen: boolean };

const MOST_VALUE = 60;

/**
 * Rows of a table: param, steps, who gives the value, whether the owner may give another, and the value. The level that
 * wins is that of the engine: template, then blueprint, then step; a `value` of the last two locks it.
 */
export function paramRows(
  chain: KubeObject,
  templates: ReadonlyMap<string, KubeObject>,
): readonly (readonly string[])[] {
  const found = listAt(chain, 'spec', 'resources').flatMap((resource) => {
    const step = textAt(resource, 'name');
    return paramsOf(chain, resource, templates).map((param) => ({ step, ...param }));
  });
  const same = Map.groupBy(found, ({ param, by, value, isOpen }) => stringifyJson([param, by, value, isOpen]));
  return [...same.values()]
    .flatMap((some) => {
      const [first] = some;
      if (first === undefined) return [];
      const { param, by, value, isOpen } = first;
      const steps = [...new Set(some.map(({ step }) => step))].join(', ');
      return [[param, steps, by, isOpen ? 'yes' : 'no', valueText(value)]];
    })
    .toSorted(([left = ''], [right = '']) => (left < right ? -1 : Number(left > right)));
}

function paramsOf(chain: KubeObject, resource: Json, templates: ReadonlyMap<string, KubeObject>): readonly StepParam[] {
  const kind = textAt(resource, 'templateRef', 'kind');
  const named = textAt(resource, 'templateRef', 'name');
  const options = listAt(resource, 'templateRef', 'options').map((option) => textAt(option, 'name'));
  const names = (named === '' ? options : [named]).filter(Boolean);
  return names.flatMap((name) => {
    const params = new Map<string, StepParam>();
    for (const declared of listAt(templates.get(templateKey(kind, name)), 'spec', 'params')) {
      const param = textAt(declared, 'name');
      params.set(param, { param, by: `template ${name}`, value: getPath(declared, 'default') ?? null, isOpen: true });
    }
    for (const [by, given] of [
      ['chain', listAt(chain, 'spec', 'params')],
      ['step', listAt(resource, 'params')],
    ] as const) {
      for (const each of given) give(params, by, each);
    }
    return [...params.values()];
  });
}

function give(params: Map<string, StepParam>, by: string, given: Json): void {
  const {
    name: param,
    value,
    default: open,
  } = (isObject(given) ? given : {}) as Readonly<Record<string, Json | undefined>>;
  if (typeof param !== 'string') return;
  if (value !== undefined && value !== null) params.set(param, { param, by, value, isOpen: false });
  else if (open !== undefined) params.set(param, { param, by, value: open, isOpen: true });
}

function valueText(value: Json): string {
  return cut(typeof value === 'string' ? value : stringifyJson(value), MOST_VALUE);
}
