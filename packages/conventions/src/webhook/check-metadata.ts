import { APPLIED_CONVENTIONS_ANNOTATION, type PodTemplateSpec } from '@cartographer/convention-sdk';
import { getKey, isObject, type Json, type MutableJsonObject, setKey } from '@cartographer/machinery';
import { AnswerError, kindOf } from './answer-error.ts';

type Metadata = NonNullable<PodTemplateSpec['metadata']>;
type Texts = Readonly<Record<string, string>>;

const WHERE = 'its status.template.metadata';

/**
 * The metadata of a template that came: of its fields those that exist on the wire, as Go would decode it. The annotation
 * that tells what was applied stays as it was sent, whatever the server made of it.
 *
 * @throws AnswerError when a field is of another type.
 */
export function checkMetadata(value: Json | undefined, sent: PodTemplateSpec): Metadata | undefined {
  const was = sent.metadata?.annotations?.[APPLIED_CONVENTIONS_ANNOTATION];
  if (value === undefined || value === null) {
    return was === undefined ? undefined : { annotations: { [APPLIED_CONVENTIONS_ANNOTATION]: was } };
  }
  if (!isObject(value)) throw new AnswerError(`${WHERE} is ${kindOf(value)} instead of an object`);
  const texts = Object.fromEntries(
    (['name', 'generateName', 'namespace'] as const).flatMap((key) => {
      const text = getKey(value, key) ?? '';
      if (typeof text !== 'string') throw new AnswerError(`${WHERE}.${key} is ${kindOf(text)} instead of a text`);
      return text === '' ? [] : [[key, text]];
    }),
  );
  const labels = textsAt(getKey(value, 'labels'), 'labels');
  const annotations = withReserved(textsAt(getKey(value, 'annotations'), 'annotations'), was);
  return {
    ...texts,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function textsAt(value: Json | undefined, field: string): Texts | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new AnswerError(`${WHERE}.${field} is ${kindOf(value)} instead of an object`);
  const texts: MutableJsonObject & Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new AnswerError(`${WHERE}.${field} has ${kindOf(text)} under ${JSON.stringify(key)}; values are texts`);
    }
    setKey(texts, key, text);
  }
  return texts;
}

function withReserved(annotations: Texts | undefined, was: string | undefined): Texts | undefined {
  if (was !== undefined) return { ...annotations, [APPLIED_CONVENTIONS_ANNOTATION]: was };
  if (annotations === undefined || !Object.hasOwn(annotations, APPLIED_CONVENTIONS_ANNOTATION)) return annotations;
  const { [APPLIED_CONVENTIONS_ANNOTATION]: _forged, ...others } = annotations;
  return others;
}
