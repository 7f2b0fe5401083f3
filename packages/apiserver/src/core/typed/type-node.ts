/** A Go type as the JSON decoder of a real server sees it: what a field of a built-in kind may hold. */
export type TypeNode =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | StructNode
  | { readonly kind: 'map'; readonly value: TypeNode; readonly atomic: boolean }
  | ListNode
  | { readonly kind: 'any' };

/** A Go struct. Its name stands in decoding errors. */
export type StructNode = {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: ReadonlyMap<string, TypeNode>;
  /** Server-side apply treats it as one value. */
  readonly atomic: boolean;
};

/** A list with its merge rule for server-side apply and strategic merge; `keys` for rule `map` only. */
export type ListNode = {
  readonly kind: 'list';
  readonly item: TypeNode;
  readonly merge: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  /** Strategic merge with `$retainKeys` semantics, as volumes have it. */
  readonly retainKeys: boolean;
};

/** The leaves. `bytes` is base64, `quantity` takes numbers too, `intstr` is an integer or a string. */
export type Scalar =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'bytes'
  | 'time'
  | 'microtime'
  | 'quantity'
  | 'intstr';

const SCALARS: ReadonlySet<string> = new Set<Scalar>([
  'string',
  'bool',
  'int32',
  'int64',
  'float64',
  'bytes',
  'time',
  'microtime',
  'quantity',
  'intstr',
]);

/**
 * Types by name, each a text of `field type` pairs separated by `;`. A type is a scalar, a struct's
 * name, `any`, `map T`, `[T]` (an atomic list), `[T]set`, or `[T]key,key` (a list with merge keys).
 * `~` at the end makes a struct or map atomic; `[T]key!` adds the strategy retainKeys.
 */
export type TypeTable = Readonly<Record<string, string>>;

/** Compiles a type of a table; recursive types are resolved lazily. */
export function createTypeResolver(table: TypeTable): (name: string) => StructNode {
  const structs = new Map<string, StructNode>();
  const resolve = (name: string): StructNode => {
    const known = structs.get(name);
    if (known !== undefined) return known;
    const text = table[name];
    if (text === undefined) throw new Error(`unknown type ${name}`);
    const fields = new Map<string, TypeNode>();
    const node: StructNode = { kind: 'struct', name, fields, atomic: false };
    structs.set(name, node); // before its fields: types may contain themselves
    for (const field of text.split(';')) {
      const [key, ...type] = field.trim().split(/\s+/);
      if (key !== undefined && key !== '') fields.set(key, parse(type.join(' ')));
    }
    return node;
  };
  const parse = (text: string): TypeNode => {
    if (text === 'any') return { kind: 'any' };
    if (text.startsWith('map ')) return parseMap(text.slice(4));
    if (text.startsWith('[')) return parseList(text);
    if (SCALARS.has(text)) return { kind: 'scalar', scalar: text as Scalar };
    if (text.endsWith('~')) return { ...resolve(text.slice(0, -1)), atomic: true };
    return resolve(text);
  };
  const parseMap = (text: string): TypeNode => {
    const atomic = text.endsWith('~');
    return { kind: 'map', value: parse(atomic ? text.slice(0, -1) : text), atomic };
  };
  const parseList = (text: string): TypeNode => {
    const end = text.lastIndexOf(']');
    const rule = text.slice(end + 1);
    const retainKeys = rule.endsWith('!');
    const keys = (retainKeys ? rule.slice(0, -1) : rule).split(',').filter((key) => key !== '' && key !== 'set');
    const merge = rule === '' ? 'atomic' : rule === 'set' ? 'set' : 'map';
    return { kind: 'list', item: parse(text.slice(1, end)), merge, keys, retainKeys };
  };
  return resolve;
}
