import { ensureBuilt } from '@cartographer/ytt';

/** Builds ytt once before the tests, where Go is to be had; its tests say aloud when it is not. */
export async function setup(): Promise<void> {
  const outcome = await ensureBuilt({ env: process.env, say: (line) => void process.stdout.write(`${line}\n`) });
  if (outcome.kind === 'noGo') process.stdout.write(`${outcome.message}\n`);
}
