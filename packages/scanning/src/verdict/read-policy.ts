import type { Read } from '@cartographer/api';
import { isObject, type KubeObject, messageOf, parseYamlDocuments } from '@cartographer/machinery';
import { readScanPolicy, type ScanPolicy } from '../kinds/read.ts';
import { compiledRules } from './rules.ts';

/** Longer than any policy. */
const MOST_CHARACTERS = 1_000_000;

/** Reads a file with one ClusterScanPolicy; fields that a policy does not have are wrong, as are expressions. */
export function readPolicy(yaml: string): Read<ScanPolicy> {
  if (yaml.length > MOST_CHARACTERS) return wrong(`is longer than ${MOST_CHARACTERS} characters`);
  let documents: unknown[];
  try {
    documents = parseYamlDocuments(yaml);
  } catch (error) {
    return wrong(`is no YAML: ${messageOf(error)}`);
  }
  const [document] = documents;
  if (documents.length !== 1 || !isObject(document)) {
    return wrong(`has ${documents.length} objects; it must be one ClusterScanPolicy`);
  }
  const policy = readScanPolicy(document as unknown as KubeObject);
  if (!('spec' in policy)) return { kind: 'wrong', errors: policy.wrong };
  const { errors } = compiledRules(policy.spec);
  return errors.length > 0
    ? { kind: 'wrong', errors: errors.map(({ message }) => `spec.${message}`) }
    : { kind: 'read', value: policy };
}

const wrong = (error: string): Read<never> => ({ kind: 'wrong', errors: [error] });
