import { describe, expect, it } from 'vitest';
import { buildSteps, chooseStart, type Source } from './detect-app.ts';

const source = (names: readonly string[], more: Partial<Source> = {}): Source => ({
  names: new Set(names),
  pages: new Set(),
  ...more,
});
const pack = (content: object, names: readonly string[] = []): Source =>
  source(['package.json', ...names], { packageJson: JSON.stringify(content) });
const steps = (from: Source): readonly string[] => {
  const plan = buildSteps(from);
  return plan.kind === 'steps' ? plan.steps.map(({ argv }) => argv.slice(0, 3).join(' ')) : [plan.message];
};

describe('the commands of a build', () => {
  it.each([
    ['none without dependencies and build script', pack({ scripts: { start: 'node a.js' } }), []],
    ['none for a static site', source(['index.html']), []],
    [
      'npm install for dependencies without a lock',
      pack({ dependencies: { a: '1' } }),
      ['npm install --no-package-lock'],
    ],
    ['npm ci with a lock', pack({ dependencies: { a: '1' } }, ['package-lock.json']), ['npm ci --no-audit']],
    [
      'no install for dependencies that are part of the source',
      pack({ dependencies: { a: '1' } }, ['node_modules/']),
      [],
    ],
    ['the build script alone', pack({ scripts: { build: 'x' } }), ['npm run build']],
    ['no install for what only developers need', pack({ devDependencies: { a: '1' } }), []],
    [
      'what the build needs, and without it afterwards',
      pack({ scripts: { build: 'x' }, devDependencies: { a: '1' } }),
      ['npm install --no-package-lock', 'npm run build', 'npm prune --omit=dev'],
    ],
    [
      'a refusal of what is no JSON',
      source(['package.json'], { packageJson: '{' }),
      [expect.stringContaining('package.json is not JSON')],
    ],
    [
      'a refusal of another value',
      source(['package.json'], { packageJson: '[]' }),
      ['package.json is not an object; correct it'],
    ],
  ])('are %s', (_name, from, wanted) => {
    expect(steps(from)).toEqual(wanted);
  });
});

describe('the start of an app', () => {
  it.each([
    [
      'the Procfile before everything',
      { ...pack({ scripts: { start: 'a' } }), procfile: 'worker: w\nweb: ./run --port $PORT \n' },
      { kind: 'command', command: './run --port $PORT' },
    ],
    [
      'the start script',
      pack({ scripts: { start: 'node server.js' }, main: 'x.js' }),
      { kind: 'command', command: 'node server.js' },
    ],
    [
      'npm, where hooks stand around the start script',
      pack({ scripts: { start: 'a', prestart: 'b' } }),
      { kind: 'command', command: 'npm start' },
    ],
    ['main', pack({ main: 'lib/app.js' }), { kind: 'program', argv: ['node', 'lib/app.js'] }],
    ['a file with a usual name', pack({}, ['server.js']), { kind: 'program', argv: ['node', 'server.js'] }],
    ['the page of a static site', source(['index.html']), { kind: 'static', folder: '.' }],
    [
      'the pages that a build left',
      { ...pack({ scripts: { build: 'x' } }), pages: new Set(['build', 'dist']) },
      { kind: 'static', folder: 'dist' },
    ],
    [
      'nothing',
      source(['README.md']),
      { kind: 'refused', message: expect.stringContaining('cannot tell how to run this source') },
    ],
    [
      'nothing, with a Procfile of workers',
      source([], { procfile: 'worker: w' }),
      { kind: 'refused', message: expect.stringContaining('no web process') },
    ],
    [
      'nothing that a start script of the wrong type says',
      pack({ scripts: { start: 5 }, main: {} }),
      { kind: 'refused' },
    ],
  ])('is %s', (_name, from, wanted) => {
    expect(chooseStart(from)).toMatchObject(wanted);
  });
});
