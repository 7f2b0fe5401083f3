import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** Reads bodies, within bounds of each and of all that are under way. */
export interface RequestBodies {
  /** The text of a body, or the status with which the request is refused. */
  read(request: IncomingMessage): Promise<{ readonly text: string } | { readonly refused: 413 | 503 }>;
}

/** How many bytes bodies may have. */
export type BodyLimits = { readonly bodyBytes: number; readonly allBodiesBytes: number };

/** Makes {@link RequestBodies}. */
export function createRequestBodies({ bodyBytes, allBodiesBytes }: BodyLimits): RequestBodies {
  let taken = 0;
  return {
    async read(request) {
      if (Number(request.headers['content-length'] ?? 0) > bodyBytes) return { refused: 413 };
      const chunks: Uint8Array[] = [];
      let size = 0;
      try {
        // Whoever sends too much is told so: the connection stays until the answer is out.
        for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          size += chunk.length;
          taken += chunk.length;
          if (size > bodyBytes) return { refused: 413 };
          if (taken > allBodiesBytes) return { refused: 503 };
          chunks.push(chunk);
        }
        return { text: Buffer.concat(chunks).toString('utf8') };
      } finally {
        taken -= size;
      }
    },
  };
}
