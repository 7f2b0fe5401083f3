// What `npm test` runs: the chain does, before anything is built.
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');
const { greet } = require('hello-words');

const message = readFileSync(join(__dirname, 'message.txt'), 'utf8').trim();

test('there is something to say', () => {
  assert.notEqual(message, '', 'message.txt is empty');
});

test('the page says it, and to whom', () => {
  const page = greet(message, 'you');
  assert.ok(page.includes(message) && page.includes('you'), page);
});
