import { describe, expect, test } from 'vitest';

import { protobufKinds } from '../../../generate-protobuf.ts';
import { decodeProtobuf } from './decode-protobuf.ts';
import { findMessage, messageNames, messageOfKind, requireMessage } from './messages.ts';
import { samples } from './testing/corpus.ts';

test.each(samples)('$name is read from protobuf as Go prints it', ({ protobuf, json }) => {
  expect(decodeProtobuf(Buffer.from(protobuf, 'base64'))).toEqual(json);
});

describe('the table of descriptors', () => {
  test('has every kind that the server takes in a body, and a sample of each from Go', () => {
    const kinds = protobufKinds();
    expect(kinds.filter((kind) => messageOfKind(...(kind.split(' ') as [string, string])) === undefined)).toEqual([]);
    expect([...new Set(samples.map(({ name }) => name.replace(/ \w+$/, '')))].toSorted()).toEqual(kinds);
  });

  test('names only messages that it has, each field once', () => {
    for (const name of messageNames) {
      const fields = [...requireMessage(name).fields.values()];
      for (const { type, message } of fields)
        if (type === 'message') expect(findMessage(message), message).toBeDefined();
      const names = fields.map((field) => field.name).filter((field) => field !== '');
      expect(names, name).toEqual([...new Set(names)]);
      expect(fields.filter((field) => field.name === '' && (field.pointer || field.many !== 'one'))).toEqual([]);
    }
  });
});
