/** `node packages/ytt/record.ts`: records what the ytt command makes of the compared templates, for the tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensureNativeYtt } from './src/index.ts';
import { renderNatively } from './src/testing/native-ytt.ts';
import { COMPARED_TEMPLATES, NATIVE_ANSWERS, type NativeAnswer } from './src/testing/templates.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const built = await ensureNativeYtt({ env: process.env, say });
if (built.kind === 'noGo') throw new Error(built.message);
const answers: Record<string, NativeAnswer> = {};
for (const { name, template, values } of COMPARED_TEMPLATES) {
  if (Object.hasOwn(answers, name)) throw new Error(`two templates are called "${name}"`);
  answers[name] = await renderNatively(built.path, template, values);
}
await mkdir(dirname(NATIVE_ANSWERS), { recursive: true });
await writeFile(NATIVE_ANSWERS, `${JSON.stringify(answers, null, 2)}\n`);
say(`recorded ${Object.keys(answers).length} answers in ${NATIVE_ANSWERS}`);
