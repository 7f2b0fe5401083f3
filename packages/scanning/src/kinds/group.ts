import { READ_ANNOTATION, READ_CURRENT } from '@cartographer/api';
import type { ValidationRule } from '@cartographer/machinery';

/** The API group of everything that scans. */
export const SCANNING_GROUP = 'scanning.carto.run';
/** `apiVersion` of every object of the group. */
export const SCANNING_API_VERSION = `${SCANNING_GROUP}/v1alpha1`;

/** On the definitions of scans: what one says counts only for the object as it is now. */
export const readCurrent = { [READ_ANNOTATION]: READ_CURRENT };

/** A rule that exactly one of two fields is there. */
export const exactlyOne = (left: string, right: string): ValidationRule => ({
  rule: `has(self.${left}) != has(self.${right})`,
  message: `exactly one of ${left} and ${right} must be set`,
});
