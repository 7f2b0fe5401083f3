import { isObject, messageOf, textAt } from '@cartographer/machinery';

/** A value that is wanted of a finished run, and where it is. */
export type WantedOutput = {
  readonly name: string;
  readonly from: 'artifact' | 'resultFile' | 'parameter' | 'description' | 'env';
  readonly path?: string;
  readonly key?: string;
};

/** A text of the run; `large` where it has more than may be read. */
export type OutputText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'large' };

/** Where the texts come from. A failure to ask is thrown, and is no answer. */
export type OutputSources = {
  file(path: string): Promise<OutputText>;
  parameters(): Promise<Readonly<Record<string, string>>>;
  description(): Promise<string>;
  environment(): Promise<Readonly<Record<string, string>>>;
};

/** All values, or what is wrong with the first that is not there. */
export type Lifted =
  | { readonly kind: 'lifted'; readonly values: Readonly<Record<string, string>> }
  | {
      readonly kind: 'wrong';
      readonly reason: 'OutputMissing' | 'OutputTooLarge' | 'OutputInvalid';
      readonly message: string;
    };

/** The most that an output may have, in bytes of UTF-8: it stands in a status. */
const MOST_OUTPUT_BYTES = 16 * 1024;
/** The most that a result file may have. */
export const MOST_RESULT_BYTES = 256 * 1024;

type Value = Exclude<Lifted, { kind: 'lifted' }> | { readonly kind: 'value'; readonly value: string };

/** Lifts the outputs of a finished run. One that is not there is never an empty text. */
export async function liftOutputs(wanted: readonly WantedOutput[], sources: OutputSources): Promise<Lifted> {
  const values: [string, string][] = [];
  for (const output of wanted) {
    const lifted = checked(output, await valueOf(output, sources));
    if (lifted.kind === 'wrong') return lifted;
    values.push([output.name, lifted.value]);
  }
  return { kind: 'lifted', values: Object.fromEntries(values) };
}

async function valueOf(output: WantedOutput, sources: OutputSources): Promise<Value> {
  const { name, from, path = '', key = name } = output;
  switch (from) {
    case 'artifact':
      return fileValue(await sources.file(path), path, (text) => ({ kind: 'value', value: text }));
    case 'resultFile':
      return fileValue(await sources.file(path), path, (text) => resultValue(text, path, key));
    case 'parameter':
      return entry(await sources.parameters(), key, `a parameter ${key}`);
    case 'env':
      return entry(await sources.environment(), key, `${key} in its environment`);
    case 'description':
      return { kind: 'value', value: await sources.description() };
  }
}

function fileValue(file: OutputText, path: string, read: (text: string) => Value): Value {
  switch (file.kind) {
    case 'absent':
      return wrong('OutputMissing', `the build has no archived file ${path}`);
    case 'large':
      return wrong('OutputTooLarge', `the archived file ${path} is larger than an output may be`);
    case 'text':
      return file.text.includes('\u{fffd}') || file.text.includes('\0')
        ? wrong('OutputInvalid', `the archived file ${path} is no text in UTF-8`)
        : read(file.text);
  }
}

function resultValue(text: string, path: string, key: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong('OutputInvalid', `the result file ${path} is no JSON: ${messageOf(error)}`);
  }
  if (!isObject(value)) return wrong('OutputInvalid', `the result file ${path} is no JSON object`);
  if (!Object.hasOwn(value, key)) return wrong('OutputMissing', `the result file ${path} has no key ${key}`);
  if (typeof value[key] !== 'string') return wrong('OutputInvalid', `${key} in the result file ${path} is no text`);
  return { kind: 'value', value: textAt(value, key) };
}

function entry(values: Readonly<Record<string, string>>, key: string, what: string): Value {
  return Object.hasOwn(values, key)
    ? { kind: 'value', value: values[key] ?? '' }
    : wrong('OutputMissing', `the build does not have ${what}`);
}

/** Programs write a line end behind a value; nobody means it. */
function checked({ name }: WantedOutput, lifted: Value): Value {
  if (lifted.kind === 'wrong') return { ...lifted, message: `output ${name}: ${lifted.message}` };
  const value = lifted.value.trim();
  if (value === '') return wrong('OutputMissing', `output ${name}: its value is empty`);
  if (Buffer.byteLength(value) > MOST_OUTPUT_BYTES) {
    return wrong(
      'OutputTooLarge',
      `output ${name}: it has ${Buffer.byteLength(value)} bytes, ${MOST_OUTPUT_BYTES} at most`,
    );
  }
  return { kind: 'value', value };
}

function wrong(
  reason: Extract<Lifted, { kind: 'wrong' }>['reason'],
  message: string,
): Extract<Lifted, { kind: 'wrong' }> {
  return { kind: 'wrong', reason, message };
}
