/**
 * A process of its own that tries versions of one file, so that a bug which never ends can be ended with it. Started by
 * `trial.ts` with the root, the file and its tests as arguments; answers each text that it is sent with one verdict.
 */
import { createWarmTests } from './warm-tests.ts';

const [root = '', file = '', ...tests] = process.argv.slice(2);
const warm = await createWarmTests(root, file, tests);
process.on('message', (source: string) => {
  void warm.pass(source).then((passed) => process.send?.({ passed }));
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
