import { DESCRIPTORS } from './descriptors.ts';

/** Types that are no messages of their own in JSON; `json` is a message with one field, the JSON text. */
const SCALARS = [
  'string',
  'bool',
  'int32',
  'int64',
  'double',
  'bytes',
  'time',
  'microtime',
  'quantity',
  'intstr',
  'json',
  'strings',
  'schemaOrBool',
  'schemaOrList',
  'schemaOrStrings',
] as const;

/** The name of a type that is no message in JSON. */
export type ScalarType = (typeof SCALARS)[number];

/** A field of a message. */
export type Field = {
  readonly number: number;
  /** Its name in JSON; empty for a message whose fields stand in JSON inside this one. */
  readonly name: string;
  readonly type: ScalarType | 'message';
  /** The message's name, empty for other types. */
  readonly message: string;
  readonly many: 'one' | 'list' | 'map';
  /** A pointer in Go: its zero value was set on purpose. Other scalars are always written, and zero means "not set". */
  readonly pointer: boolean;
  /** JSON shows the field even when it is not set. */
  readonly shown: boolean;
};

/** A message of Kubernetes' protobuf encoding. */
export type Message = {
  /** Group and version of its Go package, and its name: `core/v1.PodSpec`. */
  readonly name: string;
  /** Whether it may stand alone in a body. */
  readonly isKind: boolean;
  /** By number, in rising order. */
  readonly fields: ReadonlyMap<number, Field>;
  /** Those of the fields that JSON shows even when they are not set, and those that stand for fields of their own. */
  readonly filled: readonly Field[];
};

const FIELD = /^([\w$-]*)=(\d+):([\w./]+)(\*?)(\[\]|\{\})?(!?)$/;
const scalarNames: ReadonlySet<string> = new Set(SCALARS);

/** Every message of the table by its name, as text until it is first needed. */
const lines: ReadonlyMap<string, string> = readLines();
const parsed = new Map<string, Message>();

function readLines(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let group = '';
  for (const line of DESCRIPTORS.split('\n')) {
    if (!line.startsWith(' ')) group = line;
    else found.set(`${group}.${/\w+/.exec(line)?.[0] ?? ''}`, line);
  }
  return found;
}

function parseMessage(name: string, line: string): Message {
  const [head = '', ...words] = line.trim().split(' ');
  const group = name.slice(0, name.indexOf('.'));
  const fields = new Map(words.map((word) => parseField(word, group)).map((field) => [field.number, field]));
  const filled = [...fields.values()].filter((field) => field.shown || field.name === '');
  return { name, isKind: head.endsWith('!:'), fields, filled };
}

function parseField(word: string, group: string): Field {
  const [, name = '', number = '', type = '', pointer = '', many, shown] = FIELD.exec(word) ?? [];
  const isScalar = scalarNames.has(type);
  return {
    number: Number(number),
    name,
    type: isScalar ? (type as ScalarType) : 'message',
    message: isScalar ? '' : type.includes('.') ? type : `${group}.${type}`,
    many: many === '[]' ? 'list' : many === '{}' ? 'map' : 'one',
    pointer: pointer === '*',
    shown: shown === '!',
  };
}

/** The names of all messages. */
export const messageNames: readonly string[] = [...lines.keys()];

/** A message by its name, or undefined when the table does not have it. */
export function findMessage(name: string): Message | undefined {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const line = lines.get(name);
  if (line === undefined) return undefined;
  const message = parseMessage(name, line);
  parsed.set(name, message);
  return message;
}

/** A message that another one names: the table is complete. */
export function requireMessage(name: string): Message {
  const message = findMessage(name);
  if (message === undefined) throw new Error(`message ${name} is not in the table of descriptors`);
  return message;
}

/** Kinds that stand in every group under one meaning. */
const META_KINDS = new Set(['DeleteOptions', 'Status', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/** The message of a kind (`apps/v1`, `Deployment`), or undefined for a kind that this server does not know as protobuf. */
export function messageOfKind(apiVersion: string, kind: string): Message | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? 'core' : (apiVersion.slice(0, slash).split('.', 1)[0] ?? '');
  const where = META_KINDS.has(kind) ? 'meta/v1' : `${group}/${apiVersion.slice(slash + 1)}`;
  const message = findMessage(`${where}.${kind}`);
  return message?.isKind === true ? message : undefined;
}
