import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type JsonObject, parseJson } from '@cartographer/machinery';

/** What Go writes for a kind in both encodings: with nothing set, everything set, or every pointer set to zero. */
type Sample = { readonly name: string; readonly protobuf: string; readonly json: JsonObject };

const file = join(import.meta.dirname, '..', '..', '..', '..', 'testdata', 'protobuf.json');

/** Every kind that is read as protobuf, three times each; `npm run generate:protobuf` records them. */
export const samples = parseJson(readFileSync(file, 'utf8')) as readonly Sample[];
