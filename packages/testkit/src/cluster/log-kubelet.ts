import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '../self-signed.ts';

/** The part of a kubelet that gives logs: what is written to it is kept and handed out as a kubelet does. */
export interface LogKubelet {
  /** Where an API server reaches it, by HTTPS. */
  readonly port: number;
  /** The queries that were asked, in order, as `pod/container?query`. */
  readonly asked: readonly string[];
  /** Writes a line of a container; its time is in RFC 3339. `''` as the end leaves the line open. */
  write(container: string, time: string, text: string, end?: '\n' | ''): void;
  /** The start of the container is over: who follows it comes to the end. */
  end(container: string): void;
  /** The container is started anew: what was written until now is the log of the start before. */
  restart(container: string): void;
  /** Answers a request for the log of a container, `namespace/pod/container`. */
  answer(container: string, query: URLSearchParams, response: ServerResponse): void;
  close(): Promise<void>;
}

type Record = { readonly time: string; readonly text: string };
type Log = { records: Record[]; isOver: boolean; readonly followers: Set<() => void> };

/** Starts a {@link LogKubelet}; make a Node with its port and pods on that node. */
export async function startLogKubelet(): Promise<LogKubelet> {
  const current = new Map<string, Log>();
  const before = new Map<string, Log>();
  const asked: string[] = [];
  const logOf = (container: string): Log => {
    const log = current.get(container) ?? { records: [], isOver: false, followers: new Set() };
    current.set(container, log);
    return log;
  };
  const wake = (log: Log): void => {
    for (const follower of log.followers) follower();
  };

  const { certPem: cert, keyPem: key } = await selfSigned(['127.0.0.1']);
  const server = createServer({ cert, key }, (request: IncomingMessage, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://127.0.0.1');
    const [, container = ''] = /^\/containerLogs\/(.+)$/.exec(pathname) ?? [];
    kubelet.answer(container, searchParams, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });

  const kubelet: LogKubelet = {
    port: (server.address() as AddressInfo).port,
    asked,
    write(container, time, text, end = '\n') {
      const log = logOf(container);
      log.records.push({ time, text: `${text}${end}` });
      wake(log);
    },
    end(container) {
      const log = logOf(container);
      log.isOver = true;
      wake(log);
    },
    restart(container) {
      const log = logOf(container);
      log.isOver = true;
      before.set(container, log);
      current.delete(container);
      wake(log);
    },
    answer(container, query, response) {
      asked.push(`${container}?${query.toString()}`);
      const log = query.get('previous') === 'true' ? before.get(container) : logOf(container);
      if (log === undefined) {
        response.writeHead(400).end(`previous terminated container "${container}" not found`);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.flushHeaders();
      const chosen = selection(log.records, query);
      handOut(log, chosen, query, response);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return kubelet;
}

/** The place of the first record that is wanted, and the time before which none is. */
function selection(
  records: readonly Record[],
  query: URLSearchParams,
): { readonly from: number; readonly since: number } {
  const seconds = query.get('sinceSeconds');
  const time = query.get('sinceTime');
  const since = seconds === null ? Date.parse(time ?? '1970-01-01T00:00:00Z') : Date.now() - Number(seconds) * 1000;
  const tail = query.get('tailLines');
  return { from: tail === null ? 0 : Math.max(0, records.length - Number(tail)), since };
}

function handOut(
  log: Log,
  { from, since }: ReturnType<typeof selection>,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  let next = from;
  let isNewLine = true;
  const pour = (): void => {
    for (const { time, text } of log.records.slice(next)) {
      next += 1;
      if (Date.parse(time) < since) continue;
      const stamp = isNewLine && query.get('timestamps') === 'true' ? `${time} ` : '';
      response.write(`${stamp}${text}`);
      isNewLine = text.endsWith('\n');
    }
    if (!log.isOver && query.get('follow') === 'true') return;
    log.followers.delete(pour);
    response.end();
  };
  log.followers.add(pour);
  response.on('close', () => log.followers.delete(pour));
  pour();
}
