import type { Infer } from './schema.ts';
import { boolean, intOrString, list, map, object, required, string } from './schema.ts';

const QUANTITY =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

const keyRef = (thing: string) =>
  object(
    `A key of a ${thing}.`,
    {
      name: string(`Name of the ${thing}.`),
      key: required(string('Key in its data.')),
      optional: boolean(`Whether the ${thing} or its key may be missing.`),
    },
    { atomic: true },
  );

/** An environment variable as a Pod has it. Cartographer only hands it to templates. */
export const envVar = object('An environment variable, as in a Pod.', {
  name: required(string('Name of the variable.')),
  value: string('Its value.'),
  valueFrom: object('Where its value comes from, when it is not given here.', {
    configMapKeyRef: keyRef('ConfigMap'),
    secretKeyRef: keyRef('Secret'),
    fieldRef: object(
      'A field of the Pod.',
      {
        apiVersion: string('Version of the Pod schema that the path is written for.'),
        fieldPath: required(string('Path to the field.')),
      },
      { atomic: true },
    ),
    resourceFieldRef: object(
      'A resource quantity of a container.',
      {
        containerName: string('Name of the container.'),
        resource: required(string('Which quantity, for example `limits.memory`.')),
        divisor: intOrString('Unit in which the quantity is given.', { pattern: QUANTITY }),
      },
      { atomic: true },
    ),
  }),
});
/** An environment variable as a Pod has it. */
export type EnvVar = Infer<typeof envVar>;

const quantities = (description: string) => map(description, intOrString('A quantity.', { pattern: QUANTITY }));

/** Compute resources as a container has them. */
export const resourceRequirements = object('Compute resources of the application, as in a container.', {
  limits: quantities('The most it may use of each resource.'),
  requests: quantities('The least it needs of each resource.'),
  claims: list(
    'Dynamic resource claims that it uses.',
    object('A claim.', { name: required(string('Name of the claim.')) }),
    { keys: ['name'] },
  ),
});
/** Compute resources as a container has them. */
export type ResourceRequirements = Infer<typeof resourceRequirements>;
