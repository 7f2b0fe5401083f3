import type { ParamValue } from './param-value.ts';

/** `$(tasks.TASK.results.RESULT)`, an item `[0]` or key `.key` of it. */
export type ResultReference = {
  readonly task: string;
  readonly result: string;
  readonly index?: number;
  readonly key?: string;
};

const VARIABLE = /\$\(([\w-]+(?:\.[\w-]+)*(?:\[(?:\d+|\*)\])?)\)/g;
const INDEX = /\[(\d+|\*)\]$/;

/** The names of all `$(NAME)` in a text. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map(([, name = '']) => name);
}

/** Reads the name of a result of a task; undefined for other names. */
export function resultReference(variable: string): ResultReference | undefined {
  const [first, task, results, name, key, ...more] = variable.split('.');
  if ((first !== 'tasks' && first !== 'finally') || results !== 'results' || more.length > 0) return undefined;
  if (task === undefined || name === undefined) return undefined;
  const index = INDEX.exec(name)?.[1];
  return {
    task,
    result: name.replace(INDEX, ''),
    ...(index === undefined || index === '*' ? {} : { index: Number(index) }),
    ...(key === undefined ? {} : { key: key.replace(INDEX, '') }),
  };
}

/** All results that values speak of. */
export function resultReferencesIn(values: readonly ParamValue[]): readonly ResultReference[] {
  const texts = values.flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value)));
  return texts.flatMap((text) => variablesIn(text).flatMap((variable) => resultReference(variable) ?? []));
}

/** The ways in which a result may be written. */
export function resultForms(task: string, result: string): readonly string[] {
  return [
    `tasks.${task}.results.${result}`,
    `tasks.${task}.results["${result}"]`,
    `tasks.${task}.results['${result}']`,
  ];
}
