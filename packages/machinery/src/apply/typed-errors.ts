import { goSyntax, goType } from '../text/go-syntax.ts';
import { goText } from '../text/go-text.ts';
import type { Json } from '../values/json.ts';
import { isList, isObject } from '../values/json.ts';
import { elementText } from './field-set.ts';
import { itemElement } from './list-items.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { fieldSchema, formOf } from './typed-form.ts';

/** Collects what is wrong; the path is built only when something is. */
type Report = (path: string, message: string) => void;

/** What stops an object from being applied, in the words of Kubernetes' typed layer; empty when nothing does. */
export function typedErrors(value: Json, schema: MergeSchema): readonly string[] {
  const errors: string[] = [];
  check(value, schema, (path, message) => {
    if (errors.length < MAX_ERRORS) errors.push(path === '' ? message : `${path}: ${message}`);
  });
  return errors;
}

const MAX_ERRORS = 100;

/** One error as it is, several under a heading. */
export function typedErrorText(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

function check(value: Json, schema: MergeSchema, report: Report): void {
  const form = formOf(value, schema);
  if (form === 'map' && schema.map !== undefined) checkMap(value, schema.map, report);
  else if (form === 'list' && schema.list !== undefined) checkList(value, schema.list, report);
  else checkScalar(value, schema.scalar, report);
}

function checkMap(value: Json, map: MergeMap, report: Report): void {
  if (value === null) return;
  if (!isObject(value)) return report('', `expected map, got ${pointerText(value)}`);
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    const inside: Report = (path, message) => report(`.${key}${path}`, message);
    const schema = fieldSchema(map, key);
    if (schema === undefined) return inside('', 'field not declared in schema');
    check(item, schema, inside);
  }
}

function checkList(value: Json, list: MergeList, report: Report): void {
  if (value === null) return;
  if (!isList(value)) return report('', `expected list, got ${pointerText(value)}`);
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    let element = `i:${index}`;
    if (list.relation !== 'atomic') {
      const identity = itemElement(list, item);
      if ('error' in identity) return report('', `element ${index}: ${identity.error}`);
      ({ element } = identity);
      if (seen.has(element)) report('', `duplicate entries for key ${elementText(element)}`);
      seen.add(element);
    }
    check(item, list.element, (path, message) => report(`${elementText(element)}${path}`, message));
  }
}

function checkScalar(value: Json, kind: MergeSchema['scalar'], report: Report): void {
  if (value === null) return;
  const is = typeof value;
  switch (kind) {
    case 'numeric':
      if (is !== 'number' && is !== 'bigint') report('', `expected numeric (int or float), got ${goType(value)}`);
      return;
    case 'string':
      if (is !== 'string') report('', `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
      return;
    case 'boolean':
      if (is !== 'boolean') report('', `expected boolean, got ${pointerText(value)}`);
      return;
    case 'untyped':
    case undefined:
      if (is === 'object') report('', `expected any scalar, got ${pointerText(value)}`);
  }
}

/** Go prints a pointer to the wrapped value. */
function pointerText(value: Json): string {
  return `&{${goText(value)}}`;
}
