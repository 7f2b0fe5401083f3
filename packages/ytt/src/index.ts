export { type BuildOptions, type BuildOutcome, ensureBuilt, ensureNativeYtt } from './build-ytt.ts';
export { createYtt, type Ytt, type YttAnswer, type YttOptions, type YttRender } from './ytt.ts';
