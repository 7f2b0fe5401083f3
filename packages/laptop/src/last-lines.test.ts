import { expect, it } from 'vitest';
import { lastLines } from './last-lines.ts';

const SYNTAX_ERROR = `/app/s.js:1
const x = ;
          ^

SyntaxError: Unexpected token ';'
    at wrapSafe (node:internal/modules/cjs/loader:1692:18)
    at Module._compile (node:internal/modules/cjs/loader:1735:20)
    at Object..js (node:internal/modules/cjs/loader:1893:10)
    at Module.load (node:internal/modules/cjs/loader:1480:32)
    at Module._load (node:internal/modules/cjs/loader:1299:12)
    at TracingChannel.traceSync (node:diagnostics_channel:328:14)
    at wrapModuleLoad (node:internal/modules/cjs/loader:244:24)
    at node:internal/main/run_main_module:33:47

Node.js v24.21.0
`;

it('shows what went wrong, not the stack below it', () => {
  expect(lastLines(SYNTAX_ERROR)).toBe(
    "/app/s.js:1 | const x = ; |           ^ | SyntaxError: Unexpected token ';' | Node.js v24.21.0",
  );
});

it('is one bounded line without colours and control characters', () => {
  expect(lastLines('\u001b[31mred\u001b[0m\n\n\u0007b\n')).toBe('red |  b');
  expect(lastLines('x'.repeat(600))).toBe(`…${'x'.repeat(500)}`);
  expect(lastLines('')).toBe('(none)');
});
