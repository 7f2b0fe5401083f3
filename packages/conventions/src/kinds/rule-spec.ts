import { choice, freeObject, type Infer, list, object, required, string, text, withDefault } from '@cartographer/api';

/** So many rules one convention may have. */
const MOST_RULES = 64;

const rule = object('One thing that is known of pods, and what follows for them.', {
  name: required(
    string('Stands in the log of what was applied, behind the name of the convention.', {
      pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$',
      maxLength: 63,
    }),
  ),
  forEach: choice(
    'Container, InitContainer: the rule is for one container, and is looked at for each of that kind by itself; `apply` is a part of a container then. Left out, it is for the pod template as a whole.',
    ['Container', 'InitContainer'],
  ),
  when: text(
    'A CEL expression that is true where the rule applies; always without it. It may read `template`, `intent` and `images`, with forEach also `container` and `image`.',
    4096,
  ),
  apply: required(
    freeObject(
      'What is added, a part of a pod template or of a container, as server-side apply merges it. `$(…)$` in a text stands for the value of a CEL expression; what gives null is left out.',
    ),
  ),
  onConflict: withDefault(
    'Keep',
    choice('Which value counts where the template has another one: its own, or the one of the rule.', [
      'Keep',
      'Override',
    ]),
  ),
});

/** `spec.rules` of a ClusterPodConvention. */
export const rulesSpec = list('Rules that need no server, in the order in which they are applied.', rule, {
  minItems: 1,
  maxItems: MOST_RULES,
  keys: ['name'],
});
/** One of `spec.rules`. */
export type RuleSpec = Infer<typeof rulesSpec>[number];
