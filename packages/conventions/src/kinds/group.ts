/** The API group of both kinds. */
export const CONVENTIONS_GROUP = 'conventions.carto.run';
/** `apiVersion` of every object of the group. */
export const CONVENTIONS_API_VERSION = `${CONVENTIONS_GROUP}/v1alpha1`;

/** `kubectl get conventions` lists both kinds. */
export const CONVENTIONS_CATEGORY = 'conventions';

/** On a convention: another value has everything that it fits computed again, after a change of its server, say. */
export const REVISION_ANNOTATION = `${CONVENTIONS_GROUP}/revision`;

/** On a convention: `NAMESPACE/NAME` of a Certificate, the older form of `spec.webhook.certificate`. */
export const INJECT_CA_ANNOTATION = `${CONVENTIONS_GROUP}/inject-ca-from`;
