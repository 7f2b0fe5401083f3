import { request } from 'node:http';
import { connect } from 'node:net';
import type { ReadinessProbe } from './service.ts';

/** What a probe found. */
export type Probed = { readonly kind: 'answers' } | { readonly kind: 'silent'; readonly why: string };

/** Whether an app answers on its port, or why not. Never waits longer than the probe's timeout. */
export async function probeApp(port: number, probe: ReadinessProbe, signal: AbortSignal): Promise<Probed> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutMs)]);
  return probe.path === undefined ? connects(port, both) : getAnswers(port, probe.path, probe.headers, both);
}

function connects(port: number, signal: AbortSignal): Promise<Probed> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.once('connect', () => resolve(ANSWERS));
    socket.once('error', (error) => resolve(silent(reasonOf(error))));
    socket.once('connect', () => socket.destroy());
  });
}

/** Without the port: it is another one at each start, and a message that changes is a write. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens on its port';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'no answer in time';
  return `no answer: ${error.code ?? error.message}`;
}

/** Kubernetes counts every status from 200 to 399 as an answer. */
function getAnswers(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Probed> {
  return new Promise((resolve) => {
    const out = request({
      host: '127.0.0.1',
      port,
      path,
      headers: { 'user-agent': 'kube-probe/laptop', ...headers },
      signal,
      agent: false,
    });
    out.once('error', (error) => resolve(silent(`GET ${path}: ${reasonOf(error)}`)));
    out.once('response', (answer) => {
      answer.destroy();
      const status = answer.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? ANSWERS : silent(`GET ${path} answered ${status}`));
    });
    out.end();
  });
}

const ANSWERS: Probed = { kind: 'answers' };

function silent(why: string): Probed {
  return { kind: 'silent', why };
}
