import {
  CONVENTION_CONTEXT_API_VERSION,
  CONVENTION_CONTEXT_KIND,
  type PodConventionContext,
  type PodTemplateSpec,
} from '@cartographer/convention-sdk';
import {
  getKey,
  isList,
  isObject,
  type Json,
  type JsonObject,
  jsonTextNestsTooDeep,
  parseJson,
} from '@cartographer/machinery';
import { AnswerError, kindOf } from './answer-error.ts';
import { checkContainers } from './check-containers.ts';
import { checkMetadata } from './check-metadata.ts';

/** What a convention server made of a template. */
export type ConventionAnswer = {
  readonly template: PodTemplateSpec;
  /** What it says it applied, in its order. */
  readonly applied: readonly string[];
};

/** As much as the name of an object may have; an entry is half a line of an annotation. */
const MAX_ENTRY_CHARS = 253;
/** With the names of conventions in front, they all have to fit into one annotation. */
const MAX_ENTRIES = 256;

/**
 * What an answer's text says. What is left out as Go leaves it out, and what Go adds (`resources: {}`), is taken as it is;
 * of a template's metadata what exists on the wire.
 *
 * @throws AnswerError when it could not take the place of the template that was sent.
 */
export function checkAnswer(text: string, request: PodConventionContext): ConventionAnswer {
  const answer = parsed(text);
  checkKind(answer);
  const status = objectAt(answer, 'status', 'status');
  const template = objectAt(status, 'template', 'status.template');
  const spec = objectAt(template, 'spec', 'status.template.spec');
  const metadata = checkMetadata(getKey(template, 'metadata'), request.spec.template);
  const pod = checkContainers(spec, request.spec.template.spec, removedBy(status));
  return { template: { ...(metadata === undefined ? {} : { metadata }), spec: pod }, applied: appliedBy(status) };
}

function parsed(text: string): JsonObject {
  if (text.trim() === '') throw new AnswerError('an empty body came; a convention server answers with JSON');
  if (jsonTextNestsTooDeep(text)) throw new AnswerError('its JSON nests too deep; is that a convention server?');
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    throw new AnswerError('what came is not JSON; is that a convention server?');
  }
  if (!isObject(value)) throw new AnswerError(`${kindOf(value)} came instead of a ${CONVENTION_CONTEXT_KIND}`);
  return value;
}

/** What is left out is not wrong: Go fills it in. */
function checkKind(answer: JsonObject): void {
  for (const [key, expected] of [
    ['apiVersion', CONVENTION_CONTEXT_API_VERSION],
    ['kind', CONVENTION_CONTEXT_KIND],
  ] as const) {
    const value = getKey(answer, key) ?? '';
    if (value === '' || value === expected) continue;
    throw new AnswerError(`its ${key} is not ${expected}; is that a convention server?`);
  }
}

function objectAt(parent: JsonObject, key: string, path: string): JsonObject {
  const value = getKey(parent, key);
  if (isObject(value)) return value;
  throw new AnswerError(
    `its ${path} is ${kindOf(value)} instead of an object; the server has to answer with the whole template`,
  );
}

function removedBy(status: JsonObject): ReadonlySet<string> {
  const removed = getKey(status, 'removedContainers') ?? [];
  if (!isTexts(removed)) throw new AnswerError('its status.removedContainers is not a list of names');
  return new Set(removed);
}

function appliedBy(status: JsonObject): readonly string[] {
  const applied = getKey(status, 'appliedConventions') ?? [];
  if (!isTexts(applied)) {
    throw new AnswerError('its status.appliedConventions is not a list of texts; list what was applied, or nothing');
  }
  if (applied.length > MAX_ENTRIES) {
    throw new AnswerError(`its status.appliedConventions has ${applied.length} entries; ${MAX_ENTRIES} are allowed`);
  }
  applied.forEach((entry, at) => {
    const where = `its status.appliedConventions[${at}]`;
    // Each is a line of an annotation: one with a line end would forge what others applied.
    if (/[\n\r\u2028\u2029]/.test(entry))
      throw new AnswerError(`${where} has a line end; name what was applied in one line`);
    if (entry.length > MAX_ENTRY_CHARS) {
      throw new AnswerError(`${where} has ${entry.length} characters; ${MAX_ENTRY_CHARS} are allowed`);
    }
  });
  return applied;
}

function isTexts(value: Json): value is readonly string[] {
  return isList(value) && value.every((item) => typeof item === 'string');
}
