import { describe, expect, it } from 'vitest';
import recorded from '../recorded/names.json' with { type: 'json' };
import {
  configMapKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  envVarNameErrors,
  isDns1123Label,
  isDns1123Subdomain,
  labelKeyErrors,
  labelValueErrors,
} from './names.ts';

describe('names, checked in the words of Kubernetes', () => {
  it.each(recorded)('$text', (expected) => {
    const { text } = expected;
    expect(labelKeyErrors(text)).toEqual(expected.qualified ?? []);
    expect(labelValueErrors(text)).toEqual(expected.labelValue ?? []);
    expect(dns1123SubdomainErrors(text)).toEqual(expected.subdomain ?? []);
    expect(dns1123LabelErrors(text)).toEqual(expected.label ?? []);
    expect(dns1035LabelErrors(text)).toEqual(expected.label1035 ?? []);
    expect(configMapKeyErrors(text)).toEqual(expected.configMapKey ?? []);
    expect(envVarNameErrors(text)).toEqual(expected.envVar ?? []);
    expect(isDns1123Subdomain(text)).toBe(expected.subdomain === undefined);
    expect(isDns1123Label(text)).toBe(expected.label === undefined);
  });
});
