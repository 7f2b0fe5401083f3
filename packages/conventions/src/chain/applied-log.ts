import { APPLIED_CONVENTIONS_ANNOTATION, type PodTemplateSpec } from '@cartographer/convention-sdk';

/** What was applied so far, as the annotation of a template tells it: a line an entry. */
export function appliedLog({ metadata }: PodTemplateSpec): readonly string[] {
  const text = metadata?.annotations?.[APPLIED_CONVENTIONS_ANNOTATION] ?? '';
  return text === '' ? [] : text.split('\n');
}

/** The template with the annotation as the log has it; nobody else writes it. */
export function withAppliedLog(template: PodTemplateSpec, log: readonly string[]): PodTemplateSpec {
  const { metadata = {} } = template;
  const annotations = { ...metadata.annotations, [APPLIED_CONVENTIONS_ANNOTATION]: log.join('\n') };
  return { ...template, metadata: { ...metadata, annotations } };
}

/** The template without the annotation: what a convention made, without what is said of it. */
export function withoutAppliedLog(template: PodTemplateSpec): PodTemplateSpec {
  const { metadata: { annotations, ...metadata } = {}, ...rest } = template;
  const { [APPLIED_CONVENTIONS_ANNOTATION]: _log, ...others } = annotations ?? {};
  const kept = { ...metadata, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) };
  return { ...rest, ...(Object.keys(kept).length === 0 ? {} : { metadata: kept }) };
}
