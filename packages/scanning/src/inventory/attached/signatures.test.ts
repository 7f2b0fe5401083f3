import { Buffer } from 'node:buffer';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, textAt } from '@cartographer/machinery';
import { envelopeIn } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { isSignedBy, trustedKeys } from './signatures.ts';

const FOLDER = join(import.meta.dirname, '../../../testdata/attached');
const text = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const recorded = (file: string): JsonObject => JSON.parse(text(file)) as JsonObject;

/** Signed by cosign 3.0.2 and by Tekton Chains 0.26.0 with one key. */
const RECORDED = {
  cosign: recorded('cosign.bundle.json')['dsseEnvelope'] as JsonObject,
  chains: recorded('chains.dsse.json'),
};

function isTrusted(document: JsonObject, pem: string): boolean {
  const envelope = envelopeIn(document);
  const { keys } = trustedKeys('policy', [pem]);
  return envelope?.signatures.some((signature) => isSignedBy(keys, envelope.signed, signature)) === true;
}

describe('a signature', () => {
  it.each(Object.entries(RECORDED))('by %s is trusted by its key, and by no other', (_name, document) => {
    expect(isTrusted(document, text('cosign.pub'))).toBe(true);
    expect(isTrusted(document, text('other.pub'))).toBe(false);
  });

  it('is over every byte of the payload, and over its type', () => {
    const payload = Buffer.from(textAt(RECORDED.cosign, 'payload'), 'base64');
    for (let at = 0; at < payload.length; at += 97) {
      const changed = Buffer.from(payload);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const forged = { ...RECORDED.cosign, payload: changed.toString('base64') };
      expect(isTrusted(forged, text('cosign.pub'))).toBe(false);
    }
    expect(envelopeIn({ ...RECORDED.cosign, payloadType: 'text/plain' })).toBeUndefined();
    expect(isTrusted({ ...RECORDED.cosign, signatures: [] }, text('cosign.pub'))).toBe(false);
    expect(isTrusted({ ...RECORDED.cosign, signatures: [{ sig: 'none' }] }, text('cosign.pub'))).toBe(false);
  });

  it('by Ed25519 counts, too', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const unsigned = envelopeIn({ ...RECORDED.cosign, signatures: [] });
    const sig = sign(null, unsigned?.signed ?? Buffer.alloc(0), privateKey).toString('base64');
    expect(isTrusted({ ...RECORDED.cosign, signatures: [{ sig }] }, pem)).toBe(true);
  });
});

describe('a key', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  it.each([
    ['that is private', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['of another kind', rsa.export({ type: 'spki', format: 'pem' }).toString()],
    ['that is cut off', '-----BEGIN PUBLIC KEY-----\nMFkwEw'],
    ['that is none', 'key'],
  ])('%s trusts nobody, and is named', (_what, pem) => {
    expect(trustedKeys('ClusterScanPolicy gate', [text('cosign.pub'), pem])).toMatchObject({
      keys: [{}],
      wrong: ['key 2 of ClusterScanPolicy gate is no public key of ECDSA P-256 or Ed25519 in PEM'],
    });
  });
});
