import { applyTo } from '../apply-to.ts';
import type { Convention } from '../convention.ts';
import type { PodTemplateSpec, UnsetTemplate } from '../wire.ts';
import { readRequest } from './read-request.ts';

/** What is answered: a status, and JSON where it is 200. */
export type ServerAnswer = { readonly status: number; readonly body: string };

/**
 * Answers the body of a request as a server of the original does: 400 where it cannot be read, 200 with the template
 * otherwise, in the order of fields and with the line end that Go writes.
 *
 * @throws what a convention throws: nothing that it left half done goes out.
 */
export async function answerRequest(
  text: string,
  conventions: readonly Convention[],
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const request = readRequest(text);
  if (request === undefined) return { status: 400, body: '' };
  const { apiVersion, kind, metadata, spec } = request;
  const images = (spec.imageConfig ?? []).map((facts) => ({ ...facts, config: facts.config ?? {} }));
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const asked = spec.template as PodTemplateSpec;
  const { template, applied } = await applyTo(conventions, { template: asked, images, name, signal });
  const status = { template: unsetAsBefore(template, spec.template), appliedConventions: applied };
  return { status: 200, body: `${JSON.stringify({ kind, apiVersion, metadata, spec, status })}\n` };
}

/** A list of containers that was null, and to which nothing was added, is null again. */
function unsetAsBefore(
  template: PodTemplateSpec,
  asked: PodTemplateSpec | UnsetTemplate,
): PodTemplateSpec | UnsetTemplate {
  const isUnset = asked.spec.containers === null && template.spec.containers.length === 0;
  return isUnset ? ({ ...template, spec: { ...template.spec, containers: null } } as UnsetTemplate) : template;
}
