const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const ENV_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*';

// The grammar of the texts above in forms that cannot backtrack: user input of any length is matched in linear time.
const LABEL_PATTERN = /^[a-z0-9]+(?:-+[a-z0-9]+)*$/;
const LABEL_1035_PATTERN = /^[a-z][a-z0-9]*(?:-+[a-z0-9]+)*$/;
const SUBDOMAIN_PATTERN = /^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/;
const QUALIFIED_PATTERN = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const CONFIG_KEY_PATTERN = /^[-._a-zA-Z0-9]+$/;
const ENV_NAME_PATTERN = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

const LABEL_RULE = regexError(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  'my-name',
  '123-abc',
);
const SUBDOMAIN_RULE = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  'example.com',
);
const LABEL_1035_RULE = regexError(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  LABEL_1035,
  'my-name',
  'abc-123',
);
const QUALIFIED_RULE = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED,
  'MyName',
  'my.name',
  '123-abc',
);
const LABEL_VALUE_RULE = regexError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE,
  'MyValue',
  'my_value',
  '12345',
);
const CONFIG_KEY_RULE = regexError(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  CONFIG_KEY,
  'key.name',
  'KEY_NAME',
  'key-name',
);
const ENV_NAME_RULE = regexError(
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  ENV_NAME,
  'my.env-name',
  'MY_ENV.NAME',
  'MyEnvName1',
);

/** Whether the text is a DNS-1123 subdomain, what most object names must be. */
export function isDns1123Subdomain(value: string): boolean {
  return dns1123SubdomainErrors(value).length === 0;
}

/** Whether the text is a DNS-1123 label, what a namespace's name must be. */
export function isDns1123Label(value: string): boolean {
  return dns1123LabelErrors(value).length === 0;
}

/** Why a text is not a DNS-1123 subdomain, in Kubernetes' words; empty when it is one. */
export function dns1123SubdomainErrors(value: string): readonly string[] {
  return errorsOf(value, 253, SUBDOMAIN_PATTERN, SUBDOMAIN_RULE);
}

/** Why a text is not a DNS-1123 label, in Kubernetes' words; empty when it is one. */
export function dns1123LabelErrors(value: string): readonly string[] {
  const rule = SUBDOMAIN_PATTERN.test(value) ? 'must not contain dots' : LABEL_RULE;
  return errorsOf(value, 63, LABEL_PATTERN, rule);
}

/** Why a text is not a DNS-1035 label (names of Services), in Kubernetes' words; empty when it is one. */
export function dns1035LabelErrors(value: string): readonly string[] {
  return errorsOf(value, 63, LABEL_1035_PATTERN, LABEL_1035_RULE);
}

/** Why a text is not a key of labels or annotations (`[prefix/]name`), in Kubernetes' words; empty when it is one. */
export function labelKeyErrors(value: string): readonly string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const name = parts.at(-1) ?? '';
  const errors: string[] = [];
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== undefined) errors.push(...dns1123SubdomainErrors(prefix).map((error) => `prefix part ${error}`));
  if (name === '') errors.push('name part must be non-empty');
  return [...errors, ...errorsOf(name, 63, QUALIFIED_PATTERN, QUALIFIED_RULE).map((error) => `name part ${error}`)];
}

/** Why a text is not the value of a label, in Kubernetes' words; empty when it is one. */
export function labelValueErrors(value: string): readonly string[] {
  return value === '' ? [] : errorsOf(value, 63, QUALIFIED_PATTERN, LABEL_VALUE_RULE);
}

/** Why a text is not a key of a ConfigMap or Secret, in Kubernetes' words; empty when it is one. */
export function configMapKeyErrors(value: string): readonly string[] {
  return [...errorsOf(value, 253, CONFIG_KEY_PATTERN, CONFIG_KEY_RULE), ...pathErrors(value)];
}

/** Why a text is not the name of an environment variable, in Kubernetes' words; empty when it is one. */
export function envVarNameErrors(value: string): readonly string[] {
  const grammar = ENV_NAME_PATTERN.test(value) ? [] : [ENV_NAME_RULE];
  return [...grammar, ...pathErrors(value)];
}

/** Keys become file names, so they must not lead out of their folder. */
function pathErrors(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** Lengths count bytes, as in Go. */
function errorsOf(value: string, maxLength: number, pattern: RegExp, rule: string): readonly string[] {
  const errors: string[] = [];
  if (byteLength(value) > maxLength) errors.push(`must be no more than ${maxLength} characters`);
  if (!pattern.test(value)) errors.push(rule);
  return errors;
}

function byteLength(value: string): number {
  return value.length === 0 ? 0 : new TextEncoder().encode(value).length;
}

function regexError(rule: string, regex: string, ...examples: readonly string[]): string {
  return `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${regex}')`;
}
