import { READ_ANNOTATION, READ_CURRENT } from '@cartographer/api';

/** The API group of everything that runs on a Jenkins. */
export const JENKINS_GROUP = 'jenkins.carto.run';
/** `apiVersion` of every object of the group. */
export const JENKINS_API_VERSION = `${JENKINS_GROUP}/v1alpha1`;

/** On the definition of builds: what one says counts only for the object as it is now. */
export const readCurrent = { [READ_ANNOTATION]: READ_CURRENT };
