import { describe, expect, it } from 'vitest';
import { failingPlace } from './failing-place.ts';
import { scriptCommand } from './script-command.ts';

const FOLDER = '/data/run/work/workspace';

describe('the place of a failure', () => {
  it.each([
    [
      'of Node’s test runner',
      `▶ words\ntest at test/words.test.js:5:1\n✖ greets (1.4ms)\n  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n      at TestContext.<anonymous> (file://${FOLDER}/test/words.test.js:7:10)\n      at Test.runInAsyncScope (node:async_hooks:226:14)\nℹ fail 1\n\n✖ failing tests:\n\ntest at test/words.test.js:5:1`,
      'test/words.test.js:7',
    ],
    [
      'of an assertion',
      `${FOLDER}/test.js:3\nassert.equal(1, 2);\n       ^\n\nAssertionError [ERR_ASSERTION]: 1 == 2\n    at Object.<anonymous> (${FOLDER}/test.js:3:8)\n    at Module._compile (node:internal/modules/cjs/loader:1554:14)`,
      'test.js:3',
    ],
    ['of a type checker', 'src/a.ts(12,5): error TS2322: Type', 'src/a.ts:12'],
    [
      'of Python',
      'Traceback (most recent call last):\n  File "/usr/lib/python3/unittest.py", line 60, in run\n  File "tests/test_a.py", line 9, in test_a\nAssertionError',
      'tests/test_a.py:9',
    ],
    ['of Go', '--- FAIL: TestAdd (0.00s)\n    sum_test.go:12: got 3', 'sum_test.go:12'],
    ['of a compiler', "main.c:4:3: error: expected ';'", 'main.c:4'],
    [
      'of a package',
      'Error: lost\n    at f (/x/node_modules/y/index.js:1:2)\n    at g (./src/z.mjs:8:2)',
      './src/z.mjs:8',
    ],
  ])('%s', (_tool, output, place) => {
    expect(failingPlace(output, FOLDER)).toBe(place);
  });

  it.each(['', 'it failed', 'listening on 127.0.0.1:8080', 'Error: at 12:30 o’clock', 'see http://example.com:80'])(
    'is not told where no line is named: %s',
    (output) => {
      expect(failingPlace(output, FOLDER)).toBeUndefined();
    },
  );
});

describe('a script', () => {
  it.each([
    ['echo hi', '#!/bin/sh\nset -e\necho hi', ['/bin/sh', '/f']],
    ['#!/usr/bin/env bash\nx', '#!/usr/bin/env bash\nx', ['/usr/bin/env', 'bash', '/f']],
    ['#!/usr/bin/env -S node --test\nx', '#!/usr/bin/env -S node --test\nx', ['/usr/bin/env', '-S node --test', '/f']],
    ['#! /bin/sh -eu \n', '#! /bin/sh -eu \n', ['/bin/sh', '-eu', '/f']],
  ])('is run by its interpreter: %j', (script, text, argv) => {
    expect(scriptCommand(script, '/f')).toEqual({ text, argv });
  });
});
