export { type Applied, type ApplyInput, applyTo } from './apply-to.ts';
export { type Component, type CycloneDx, componentsOf, cycloneDxBom, findComponent, parseCycloneDx } from './bills.ts';
export type { Convention, ConventionContext, ConventionResult } from './convention.ts';
export type { ContainerPort, DraftContainer, DraftTemplate, EnvVar, Probe, Resources } from './draft.ts';
export {
  type EnvValue,
  ensureAnnotation,
  ensureEnv,
  ensureLabel,
  ensurePort,
  ensureProbe,
  ensureResources,
  type ProbeName,
} from './ensure.ts';
export { satisfies } from './satisfies.ts';
export {
  type ConventionServer,
  type ConventionServerOptions,
  createConventionServer,
  type ServerCertificate,
} from './server/convention-server.ts';
export type { LogLine, LogSink, ServerClock } from './server/ports.ts';
export type { BodyLimits } from './server/request-body.ts';
export { runConventionServer } from './server/run-server.ts';
export * from './wire.ts';
