/**
 * A function that makes its answer once for each object: the same object gets the same answer, which is kept as long as
 * the object is. What the answer is made of must not change afterwards.
 */
export function memoByIdentity<Key extends object, Value extends object | string>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      known.set(key, value);
    }
    return value;
  };
}
