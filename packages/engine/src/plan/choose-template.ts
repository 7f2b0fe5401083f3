import type { TemplateOption } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { Resource } from '../read/resource-inputs.ts';
import type { StepFailure } from '../report/step-failure.ts';
import { bestFits, fitsOption } from '../select/owner-selection.ts';
import type { Asks } from '../world/asks.ts';
import type { TemplateKey } from '../world/world.ts';
import type { Pass } from './pass.ts';

type Choice =
  | { readonly kind: 'template'; readonly template: KubeObject }
  | { readonly kind: 'passThrough'; readonly input: string }
  | { readonly kind: 'none'; readonly failure: StepFailure };

/** Finds the template, or the input that is passed through in its place. */
export function chooseTemplate({ owner, blueprint, asks }: Pass, resource: Resource): Choice {
  const { kind, name, options = [] } = resource.templateRef;
  const place = `for resource [${resource.name}] in supply chain [${blueprint.metadata.name ?? ''}]`;
  const none = (failure: 'resolveOptions' | 'matchOptions', message: string): Choice => {
    const text = `get template name from resource: find matching template option: ${message}`;
    return { kind: 'none', failure: { kind: failure, message: text } };
  };
  let chosen = name ?? '';
  if (options.length > 0) {
    const { best, broken } = bestFits(options, (option) => fitsOption(option.selector, owner));
    const [fault] = broken;
    if (fault !== undefined) {
      const text = `error matching against template option [${fault.candidate.name ?? ''}] ${place}: ${fault.message}`;
      return none('resolveOptions', text);
    }
    const [only] = best;
    if (only === undefined || best.length > 1) return none('matchOptions', noSingleOption(best, place));
    if (only.passThrough !== undefined && only.passThrough !== '') {
      return { kind: 'passThrough', input: only.passThrough };
    }
    chosen = only.name ?? '';
  }
  const template = asks.template({ kind, name: chosen });
  return template === undefined
    ? { kind: 'none', failure: noTemplate({ kind, name: chosen }) }
    : { kind: 'template', template };
}

function noTemplate({ kind, name }: TemplateKey): StepFailure {
  const message = `failed to get cluster template [{Kind:${kind} Name:${name}}]: resource does not match a known template`;
  return { kind: 'noTemplate', message };
}

/** The failure of a resource whose template is not there, or undefined when it is. */
export function absentTemplate(asks: Asks, key: TemplateKey): StepFailure | undefined {
  return asks.template(key) === undefined ? noTemplate(key) : undefined;
}

function noSingleOption(best: readonly TemplateOption[], place: string): string {
  const names = best.length === 0 ? '' : `[${best.map(({ name = '' }) => name).join(', ')}] `;
  return `expected exactly 1 option to match, found [${best.length}] matching options ${names}${place}`;
}
