/** `npm run build:ytt`: builds ytt as WebAssembly, once; later runs find it in `.cache/ytt`. */
import { ensureBuilt } from './src/index.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const outcome = await ensureBuilt({ env: process.env, say });
if (outcome.kind === 'noGo') {
  process.stderr.write(`${outcome.message}\n`);
  process.exitCode = 1;
} else {
  say(`ytt is ready in ${outcome.path}`);
}
