import { isList, isObject, type Json, type JsonObject, type MutableJsonObject, setKey } from '@cartographer/machinery';
import type { Declared, Param, ParamValue } from './param-value.ts';
import { typeOf } from './param-value.ts';

/** What stands for `$(NAME)`, by the name. */
export type Replacements = {
  readonly texts: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly objects: ReadonlyMap<string, Readonly<Record<string, string>>>;
};

/** `$(NAME)`; a shell's own `$(command)` has no name that is known, and stays. */
const REFERENCE = /\$\(([^$()]*)\)/g;
/** A text that is one reference to a parameter or a result, and nothing else. */
const ONLY_REFERENCE = /^\$\(([\w.-]+)(?:\[(?:\d+|\*)\])?\)$/;
const STAR = /\[\*\]$/;

/** The ways in which a parameter may be written. */
const PARAM_FORMS: readonly ((name: string) => string)[] = [
  (name) => `params.${name}`,
  (name) => `params["${name}"]`,
  (name) => `params['${name}']`,
  (name) => `inputs.params.${name}`,
];

/** Replacements of texts alone. */
export function textReplacements(texts: Readonly<Record<string, string>>): Replacements {
  return { texts: new Map(Object.entries(texts)), lists: new Map(), objects: new Map() };
}

/** What stands for a value that may be written in these forms: its items and keys as well. */
export function valueReplacements(
  values: readonly { readonly forms: readonly string[]; readonly value: ParamValue }[],
): Replacements {
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  const objects = new Map<string, Readonly<Record<string, string>>>();
  for (const { forms, value } of values) {
    for (const form of forms) {
      if (typeof value === 'string') texts.set(form, value);
      else if (isList(value)) {
        lists.set(form, value);
        for (const [index, item] of value.entries()) texts.set(`${form}[${index}]`, item);
      } else {
        objects.set(form, value);
        for (const [key, item] of Object.entries(value)) texts.set(`${form}.${key}`, item);
      }
    }
  }
  return { texts, lists, objects };
}

/** What stands for parameters: the given value, else the default. Keys of an object that are not given have their default. */
export function paramReplacements(declared: readonly Declared[], given: readonly Param[]): Replacements {
  const values = new Map<string, ParamValue>();
  for (const { name, default: value } of declared) if (value !== undefined) values.set(name, value);
  const defaults = paramForms(values);
  for (const [name, value] of values) {
    // A default may speak of other parameters.
    if (typeof value === 'string') values.set(name, replaceText(value, defaults));
  }
  for (const { name, value } of given) {
    const before = values.get(name);
    const merges = before !== undefined && typeOf(before) === 'object' && typeOf(value) === 'object';
    values.set(name, merges ? { ...(before as object), ...(value as object) } : value);
  }
  return paramForms(values);
}

function paramForms(values: ReadonlyMap<string, ParamValue>): Replacements {
  return valueReplacements(
    [...values].map(([name, value]) => ({ forms: PARAM_FORMS.map((form) => form(name)), value })),
  );
}

/** Both, the later before the earlier. */
export function mergedReplacements(...all: readonly Replacements[]): Replacements {
  return {
    texts: new Map(all.flatMap(({ texts }) => [...texts])),
    lists: new Map(all.flatMap(({ lists }) => [...lists])),
    objects: new Map(all.flatMap(({ objects }) => [...objects])),
  };
}

/** A text with its references replaced, in one pass: what is put in is not looked at again. */
export function replaceText(text: string, { texts }: Replacements): string {
  return text.replaceAll(REFERENCE, (whole, name: string) => texts.get(name) ?? whole);
}

/** An item of a list: one that is a reference to a list becomes its items. */
export function replaceItem(text: string, replacements: Replacements): readonly string[] {
  const name = /^\$\(([^$()]*)\)$/.exec(text)?.[1];
  const list = name === undefined ? undefined : replacements.lists.get(name.replace(STAR, ''));
  return list ?? [replaceText(text, replacements)];
}

/** A parameter's value: a text that is a reference to a list or an object becomes that. */
export function replaceValue(value: ParamValue, replacements: Replacements): ParamValue {
  if (isList(value)) return value.flatMap((item) => replaceItem(item, replacements));
  if (typeof value !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceText(item, replacements)]));
  const [, name] = ONLY_REFERENCE.exec(value) ?? [];
  if (name === undefined || replacements.texts.has(value.slice(2, -1))) return replaceText(value, replacements);
  return replacements.lists.get(name) ?? replacements.objects.get(name) ?? replaceText(value, replacements);
}

/** Any part of a spec: each text in it, and items of lists that are references to lists. Names stay. */
export function replaceIn(json: Json, replacements: Replacements): Json {
  if (typeof json === 'string') return replaceText(json, replacements);
  if (isList(json)) return json.flatMap((item) => replaceListItem(item, replacements));
  if (!isObject(json)) return json;
  return mapObject(json, (item, key) => (key === 'name' ? item : replaceIn(item, replacements)));
}

function replaceListItem(item: Json, replacements: Replacements): readonly Json[] {
  return typeof item === 'string' ? replaceItem(item, replacements) : [replaceIn(item, replacements)];
}

/** An object with other values. */
function mapObject(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  const changed: MutableJsonObject = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) setKey(changed, key, change(value, key));
  return changed;
}
