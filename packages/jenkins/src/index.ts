export { type JenkinsOptions, type RunningJenkins, startJenkins } from './controller/start-jenkins.ts';
export {
  JENKINS_REPLICAS,
  jenkinsFiles,
  jenkinsInstallation,
} from './install/jenkins-installation.ts';
export { jenkinsRights, serverSecretsRights } from './install/jenkins-rights.ts';
export { JENKINS_NAMES } from './install/names.ts';
export type { JenkinsBuildStatus } from './kinds/build-status.ts';
export { JENKINS_API_VERSION } from './kinds/group.ts';
export type { JenkinsBuild } from './kinds/jenkins-build.ts';
export type { ClusterJenkinsServer, JenkinsServer } from './kinds/jenkins-server.ts';
export { jenkinsCrds, jenkinsKinds } from './kinds/kinds.ts';
export { BUILD_REASONS, SERVER_REASONS } from './kinds/reasons.ts';
export { jenkinsRoles } from './kinds/roles.ts';
