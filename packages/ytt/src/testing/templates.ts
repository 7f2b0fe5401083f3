import { join } from 'node:path';
import type { Json, JsonObject } from '@cartographer/machinery';

/** A template of the table that the ytt command rendered too. */
export type ComparedTemplate = { readonly name: string; readonly template: string; readonly values?: JsonObject };

/** What the ytt command made of a template: its standard output, or its standard error when it failed. */
export type NativeAnswer = { readonly kind: 'rendered' | 'failed'; readonly text: string };

/** The command's answers by name; `node packages/ytt/record.ts` writes it. */
export const NATIVE_ANSWERS = join(import.meta.dirname, '..', '..', 'testdata', 'native-answers.json');

const DATA = '#@ load("@ytt:data", "data")\n';

function shown(value: Json): Omit<ComparedTemplate, 'name'> {
  return { template: `${DATA}---\na: #@ data.values.v\n`, values: { v: value } };
}

/** A document that is nine times as large with each level. The ytt command itself has no limit: with 9 levels it took 24 GB. */
export function aliasBomb(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const items = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*a${level - 1}`));
    return `k${level}: &a${level} [${items.join(', ')}]\n`;
  });
  return lines.join('');
}

/** Each is rendered by both and must come out the same to the byte. */
export const COMPARED_TEMPLATES: readonly ComparedTemplate[] = [
  { name: 'nothing at all', template: '' },
  { name: 'a blank', template: ' ' },
  { name: 'plain text', template: 'just text\n' },
  { name: 'no new line at the end', template: 'a: 1' },
  { name: 'two documents', template: 'a: 1\n---\nb: 2\n' },
  { name: 'a list', template: '- 1\n- #@ 1 + 1\n' },
  { name: 'a comment that is not of ytt', template: '# hello\na: 1\n' },
  { name: 'windows line ends', template: 'a: 1\r\nb: #@ 1 + 1\r\n' },
  { name: 'a byte order mark', template: '\uFEFFa: 1\n' },
  { name: 'a tab as indentation', template: 'a:\n\tb: 1\n' },
  { name: 'duplicate keys', template: 'a: 1\nb: 2\na: 3\n' },
  { name: 'duplicate keys in a value', template: 'a:\n  b: 1\n  b: 2\n' },
  { name: 'a small alias chain', template: aliasBomb(3) },
  { name: 'a merge key', template: 'x: &x\n  a: 1\ny:\n  <<: *x\n  b: 2\n' },
  { name: 'scalars', template: 'a: yes\nb: 1e3\nc: 0x1F\nd: 2024-01-02\ne: ~\nf: 1.10\ng: "1"\nh: 017\n' },
  { name: 'long integers in the template', template: 'a: 12345678901234567\nb: #@ 2 * 9007199254740993\n' },
  { name: 'long integers in values', ...shown([9007199254740993n, -9223372036854775808n, 18446744073709551615n]) },
  { name: 'an integer beyond 64 bits', ...shown(123456789012345678901234567890n) },
  { name: 'json types', ...shown({ n: null, t: true, f: 1.5, e: 1e21, z: 0, s: '1', l: [], m: {}, k: ['a', [1]] }) },
  {
    name: 'strings that need care',
    ...shown(['<a>&\u2028', 'é\u0000x', '🚢', '"\\', 'no', '- a', '#@ 1', 'a: b', '\t', ' ']),
  },
  { name: 'a control character in a value', ...shown('del\u007f') },
  { name: 'keys of odd names', ...shown({ __proto__x: 1, constructor: 2, 'a.b': 3, '': 4, 'x y': 5 }) },
  { name: 'a large text', ...shown('line\n'.repeat(5_000)) },
  { name: 'two keys of values', template: `${DATA}---\na: #@ data.values\n`, values: { b: { c: 1 }, a: 'x' } },
  { name: 'no values', template: `${DATA}---\na: #@ data.values\n` },
  { name: 'a missing value', template: `${DATA}---\na: 1\nb: #@ data.values.params.nokey\n`, values: { params: {} } },
  { name: 'a misspelt variable', template: 'a: #@ nosuch\n' },
  { name: 'an unclosed block', template: '#@ if True:\na: 1\n' },
  { name: 'an end without a block', template: 'a: 1\n#@ end\n' },
  { name: 'bad YAML', template: 'a: [1, 2\nb: 3\n' },
  { name: 'bad Starlark', template: 'a:\n  b: #@ 1 +\n' },
  { name: 'an error in a function', template: '#@ def f(x):\n#@   return 1 // x\n#@ end\na:\n  b: #@ f(0)\n' },
  { name: 'a failing assertion', template: '#@ load("@ytt:assert", "assert")\na: #@ assert.fail("told you")\n' },
  { name: 'a failure with several lines', template: 'a: #@ fail("one\\ntwo")\n' },
  { name: 'a print before a failure', template: '#@ print("hello", 1)\na: #@ fail("x")\n' },
  { name: 'a print without a failure', template: '#@ print("hello")\na: 1\n' },
  { name: 'a warning before a failure', template: '#@ load("@ytt:math", "math")\na: #@ math.floor(1.5) + fail("x")\n' },
  { name: 'an unknown module', template: '#@ load("@ytt:nothing", "x")\n' },
  { name: 'a file', template: '#@ load("/etc/passwd", "x")\na: 1\n' },
  { name: 'a file beside it', template: '#@ load("other.star", "x")\na: 1\n' },
  { name: 'a file above', template: `${DATA}a: #@ data.read("../../etc/passwd")\n` },
  { name: 'the list of files', template: `${DATA}a: #@ data.list()\n` },
  { name: 'a url', template: '#@ load("https://example.com/x.star", "x")\na: 1\n' },
  { name: 'a url read as data', template: `${DATA}a: #@ data.read("http://127.0.0.1/")\n` },
  {
    name: 'a library that is not there',
    template: '#@ load("@ytt:library", "library")\na: #@ library.get("x").eval()\n',
  },
  { name: 'a shell', template: '#@ load("@ytt:os", "os")\na: 1\n' },
  { name: 'a recursion', template: '#@ def f(n):\n#@   return 0 if n == 0 else 1 + f(n - 1)\n#@ end\na: #@ f(500)\n' },
  {
    name: 'a recursion of yaml',
    template: '#@ def f(n):\n#@ if n > 0:\nn: #@ f(n - 1)\n#@ end\n#@ end\na: #@ f(20)\n',
  },
  { name: 'a schema in the template', template: '#@data/values-schema\n---\nv: 1\n---\na: 1\n', values: { v: 'text' } },
  {
    name: 'own data values',
    template: `${DATA}#@data/values\n---\nv: 1\nw: 2\n---\na: #@ data.values\n`,
    values: { v: 5 },
  },
  {
    name: 'an overlay',
    template:
      '#@ load("@ytt:overlay", "overlay")\na: 1\nb: [1, 2]\n---\n#@overlay/match by=overlay.all\n---\n#@overlay/remove\na:\nb:\n#@overlay/append\n- 3\n',
  },
  {
    name: 'modules',
    template: [
      ...['base64', 'json', 'yaml', 'toml', 'md5', 'sha256', 'url', 'regexp', 'math', 'version', 'ip', 'struct'].map(
        (name) => `#@ load("@ytt:${name}", "${name}")`,
      ),
      '#@ version.require_at_least("0.49.0")',
      'base64: #@ base64.encode("x")',
      'json: #@ json.encode({"a": [1, 2.5, None]}, indent=2)',
      'yaml: #@ yaml.decode("a: 1")',
      'toml: #@ toml.encode({"a": {"b": 1}})',
      'md5: #@ md5.sum("x")',
      'sha256: #@ sha256.sum("x")',
      'url: #@ url.path_segment_encode("a b/c")',
      'regexp: #@ regexp.replace("[a-c]", "abcd", "x")',
      'math: #@ math.ceil(1.2)',
      'ip: #@ ip.parse_addr("10.0.0.1").is_ipv4()',
      'struct: #@ struct.encode({"a": 1}).a',
      '',
    ].join('\n'),
  },
  {
    name: 'text templates and loops',
    template:
      '#@ def greet(name):\n#@   return "hello " + name\n#@ end\nitems:\n#@ for/end i in range(3):\n- #@ greet(str(i))\ntext: (@= greet("x") @)\n#@yaml/text-templated-strings\nk: \'(@= greet("y") @)\'\n',
  },
];
