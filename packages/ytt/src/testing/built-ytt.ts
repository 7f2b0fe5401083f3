import { ensureBuilt } from '../build-ytt.ts';

/** False, and said aloud, only on a machine without Go and without a build: then tests that render are skipped. */
export async function isYttBuilt(): Promise<boolean> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const outcome = await ensureBuilt({ env: process.env, say });
  if (outcome.kind === 'noGo') say(`SKIPPED: tests that render ytt templates. ${outcome.message}`);
  return outcome.kind === 'built';
}
