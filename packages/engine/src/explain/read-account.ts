import type { ObservedCompletion, ObservedMatch } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { previewOf } from '../paths/digests.ts';
import { pathExpression } from '../paths/path-expression.ts';
import type { SecretValues } from '../read/secret-values.ts';
import { isSecret, REDACTED } from '../read/secret-values.ts';
import { templateFields, templateKind } from '../world/template-kinds.ts';
import type { ReadAccount } from './explained.ts';
import { nearestPath, schemaHas } from './nearest-path.ts';

/** What paths are held against. */
type Against = {
  readonly object: KubeObject;
  readonly schema: JsonObject | undefined;
  readonly secrets: SecretValues;
  /** All that is read from it is a Secret's. */
  readonly isSecret: boolean;
};

/** The paths of a template, each held against the object. */
export function readAccounts(template: KubeObject, against: Against): readonly ReadAccount[] {
  return pathsOf(template).map(({ name, path }) => readAccount(name, path, against));
}

/** One path, held against an object. */
export function readAccount(name: string, path: string, { object, schema, secrets, ...rest }: Against): ReadAccount {
  const result = pathExpression(path)(object);
  if (result.kind === 'found') {
    const isHidden = rest.isSecret || isSecret(object);
    return { name, path, kind: 'found', value: isHidden ? REDACTED : secrets.redact(previewOf(result.value).preview) };
  }
  return {
    name,
    path,
    kind: 'missing',
    message: secrets.redact(result.message),
    nearest: nearestPath(object, path),
    inSchema: schema === undefined ? undefined : schemaHas(schema, path),
  };
}

function pathsOf(template: KubeObject): readonly { readonly name: string; readonly path: string }[] {
  const fields = templateFields(template);
  const { output, paths } = templateKind(template.kind);
  if (output !== 'deployment') {
    return paths.map(({ output: name, field }) => {
      const path = fields[field];
      return { name, path: typeof path === 'string' ? path : '' };
    });
  }
  const completion = fields['observedCompletion'] as ObservedCompletion | undefined;
  if (completion !== undefined) return [{ name: 'succeeded', path: completion.succeeded.key }];
  const matches = (fields['observedMatches'] ?? []) as readonly ObservedMatch[];
  return matches.flatMap(({ input, output: path }) => [
    { name: 'input', path: input },
    { name: 'output', path },
  ]);
}
