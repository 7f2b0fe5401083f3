import type { Compilable, CompiledQuery } from 'kysely';
import type { Store } from './store.ts';

/** A question that is asked often, with other values each time. */
export type Prepared<Tables, Values extends readonly string[], Row> = (
  store: Store<Tables>,
  ...values: Values
) => Promise<readonly Row[]>;

/**
 * Builds a question once for each store: to build one and write it as SQL takes longer than SQLite needs to answer it.
 *
 * @param build gets texts that stand for the values, and may compare with them, and nothing else.
 */
export function prepared<Tables, Values extends readonly string[], Row>(
  build: (store: Store<Tables>, ...values: Values) => Compilable<Row>,
): Prepared<Tables, Values, Row> {
  const places = Array.from({ length: build.length - 1 }, (_, at) => `\0value ${at}`) as unknown as Values;
  const compiled = new WeakMap<Store<Tables>, CompiledQuery<Row>>();
  return async (store, ...values) => {
    const query = compiled.get(store) ?? build(store, ...places).compile();
    compiled.set(store, query);
    const parameters = query.parameters.map((parameter) => {
      const place = places.indexOf(parameter as string);
      return place < 0 ? parameter : values[place];
    });
    return (await store.executeQuery<Row>({ ...query, parameters })).rows;
  };
}
