import {
  isObject,
  type Json,
  jsonTextNestsTooDeep,
  MAX_NESTING,
  nestsTooDeep,
  parseJson,
  parseYamlDocuments,
  YamlError,
} from '@cartographer/machinery';

import { badRequest, StatusError } from '../../status-error.ts';
import {
  decodeProtobuf,
  PROTOBUF_MEDIA_TYPE,
  ProtobufError,
  type TypeMeta,
  UnknownKindError,
} from '../protobuf/decode-protobuf.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { mediaType } from './media-type.ts';
import { unreadable, unsupportedMediaType } from './wire-errors.ts';

/** A decoded body, and the keys that stood twice in its text. */
export type DecodedBody = { readonly value: Json; readonly duplicateFields: readonly string[] };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The media types that every object may come in. */
const TEXT_MEDIA_TYPES = ['application/json', 'application/yaml'] as const;

/**
 * Decodes the body of a create, an update or a delete. Objects of the in-process entrance pass as they
 * are. `kind` is what the URL is about, for the error texts of a real server; `binaryVersion` is the API version of a kind
 * that may come as protobuf, which no custom resource may.
 * @throws StatusError 400 for what cannot be read, 415 for other media types.
 */
export function decodeObjectBody(
  body: Json | Uint8Array | undefined,
  contentType: string | undefined,
  kind: string,
  binaryVersion?: string,
): DecodedBody {
  if (!(body instanceof Uint8Array)) return decodeInProcess(body);
  const type = mediaType(contentType);
  switch (type === '' ? 'application/json' : type) {
    case 'application/json':
      return decodeJsonText(utf8(body), (text, error) => unrecognized(kind, text, error));
    case 'application/yaml':
      return { value: decodeYaml(utf8(body), kind), duplicateFields: [] };
    case PROTOBUF_MEDIA_TYPE:
      if (binaryVersion === undefined) throw unsupportedMediaType(TEXT_MEDIA_TYPES);
      return { value: decodeBinary(body, { apiVersion: binaryVersion, kind }), duplicateFields: [] };
    default:
      throw unsupportedMediaType(
        binaryVersion === undefined ? TEXT_MEDIA_TYPES : [...TEXT_MEDIA_TYPES, PROTOBUF_MEDIA_TYPE],
      );
  }
}

/** Decodes the body of a patch; an apply patch is YAML (of which JSON is a part). */
export function decodePatchBody(body: Json | Uint8Array | undefined, apply: boolean): DecodedBody {
  if (!(body instanceof Uint8Array)) return decodeInProcess(body);
  const text = utf8(body);
  if (!apply || text.trimStart().startsWith('{')) {
    return decodeJsonText(text, (_text, error) => badRequest(`error decoding patch: ${goSyntaxMessage(error, text)}`));
  }
  try {
    const [value = null] = parseYamlDocuments(text);
    return { value, duplicateFields: [] };
  } catch (error) {
    if (error instanceof YamlError) throw badRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}

/** Everything after may rely on that depth; objects are held to it again when they have grown. */
const TOO_DEEP = `exceeded max depth: JSON may nest ${MAX_NESTING} levels deep`;

function decodeInProcess(body: Json | undefined): DecodedBody {
  if (nestsTooDeep(body)) throw badRequest(TOO_DEEP);
  return { value: body ?? {}, duplicateFields: [] };
}

function utf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new StatusError(badRequest('the request body is not valid UTF-8').status, { cause: error });
  }
}

function decodeJsonText(text: string, refuse: (text: string, error: SyntaxError) => StatusError): DecodedBody {
  try {
    if (jsonTextNestsTooDeep(text)) throw new SyntaxError(TOO_DEEP);
    return { value: parseJson(text), duplicateFields: duplicateKeys(text) };
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(text, error);
    throw error;
  }
}

const MAX_QUOTED = 512;

function unrecognized(kind: string, text: string, error: SyntaxError): StatusError {
  const quoted = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  const type = kind === '' ? '' : ` (must be of type ${kind})`;
  return badRequest(
    `the object provided is unrecognized${type}: couldn't get version/kind; json parse error: ${goSyntaxMessage(error, text)} (${quoted})`,
  );
}

/** Go's text for a JSON text that is cut off; V8's other texts are kept, without the snippet. */
function goSyntaxMessage(error: SyntaxError, text: string): string {
  const position = /at position (\d+)/.exec(error.message)?.[1];
  const isCut =
    error.message.startsWith('Unexpected end') || (position !== undefined && Number(position) >= text.length);
  return isCut ? 'unexpected end of JSON input' : error.message.replace(/, "[\s\S]*" is not valid JSON$/, '');
}

function decodeYaml(text: string, kind: string): Json {
  try {
    const [value = null] = parseYamlDocuments(text);
    return value;
  } catch (error) {
    if (error instanceof YamlError) {
      throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${error.message}`);
    }
    throw error;
  }
}

function decodeBinary(body: Uint8Array, expected: TypeMeta): Json {
  try {
    return decodeProtobuf(body, expected);
  } catch (error) {
    if (error instanceof UnknownKindError) throw unreadable(error.message);
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

/** The body as an object, or 400: what the self-made endpoints (reviews, tokens) start from. */
export function requireObject(value: Json): Readonly<Record<string, Json | undefined>> {
  if (isObject(value)) return value;
  throw badRequest('the request body must be an object');
}
