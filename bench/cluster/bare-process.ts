/**
 * The bare script: waits for each object's watch event and applies the next object, as large as ours, as the account that
 * stamps ours, in a process of its own as the controller is. Arguments: kubeconfig, length of the chain, owner's uid.
 */
import { createClient, createHttpTransport, loadKubeconfig, systemClock } from '@cartographer/kube';
import { getPath, isList } from '@cartographer/machinery';
import { applyBare, DOUBLE } from './bare-script.ts';
import { watchObject } from './route.ts';
import { CONFIG_MAPS } from './stage.ts';

const [path = '', length = '0', uid = ''] = process.argv.slice(2);
const transport = createHttpTransport(loadKubeconfig({ env: {}, path, clock: systemClock }));
const client = createClient({ transport, clock: systemClock, userAgent: 'bare' });
const never = new AbortController().signal;
setInterval(() => undefined, 1_000);

const put = (name: string, value: unknown): void => {
  if (typeof value === 'string') void applyBare(client, name, value, uid);
};

watchObject(client, DOUBLE, 'app', never, (object) => {
  const params = getPath(object, 'spec', 'params');
  put('bare-0', isList(params) ? getPath(params[0], 'value') : undefined);
});
for (let index = 1; index < Number(length); index += 1) {
  watchObject(client, CONFIG_MAPS, `bare-${index - 1}`, never, (object) => {
    put(`bare-${index}`, getPath(object, 'data', 'value'));
  });
}
watchObject(client, CONFIG_MAPS, 'bare-cause', never, (object) =>
  put('bare-effect', getPath(object, 'data', 'result')),
);
