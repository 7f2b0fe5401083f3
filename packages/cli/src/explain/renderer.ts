import type { Render, RenderAnswer } from '@cartographer/engine';
import { silentLog } from '@cartographer/machinery';
import type { Ytt } from '@cartographer/ytt';
import type { Session } from '../frame/session.ts';

/** Renders ytt templates; nothing is loaded before the first one. */
export type Renderer = { render(request: Render): Promise<RenderAnswer>; close(): Promise<void> };

/** Makes a {@link Renderer}. A render that fails is an answer, for there is no other try. */
export function renderer({ clock, signal }: Session): Renderer {
  let ytt: Promise<Ytt> | undefined;
  return {
    async render(request) {
      ytt ??= import('@cartographer/ytt').then(({ createYtt }) => createYtt({ clock, log: silentLog, workers: 1 }));
      try {
        return await (await ytt).render(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
      }
    },
    close: async () => (await ytt)?.close(),
  };
}
