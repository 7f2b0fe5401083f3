import { hash } from 'node:crypto';
import type { Json } from '@cartographer/machinery';
import { canonicalJson } from '@cartographer/machinery';
import { goYaml } from './go-yaml.ts';

/** SHA-256 of text in lower-case hex. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

/** SHA-256 of a value, whatever order its keys came in. */
export function valueDigest(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** The digest of an output value, as an owner's status shows it beside the preview. */
export function outputDigest(value: Json): string {
  return `sha256:${sha256(goYaml(value))}`;
}

const PREVIEW_BYTES = 1024;
const encoder = new TextEncoder();
const buffer = new Uint8Array(PREVIEW_BYTES);

/** A value as an owner's status shows it: the first 1024 bytes of its YAML, and the digest of all of it. */
export function previewOf(value: Json): { readonly preview: string; readonly digest: string } {
  const yaml = goYaml(value);
  return { preview: cut(yaml), digest: `sha256:${sha256(yaml)}` };
}

/** Cut before the character that does not fit: half a character would never equal what the server stores. */
function cut(text: string): string {
  if (text.length * 3 <= PREVIEW_BYTES) return text;
  return text.slice(0, encoder.encodeInto(text, buffer).read);
}
