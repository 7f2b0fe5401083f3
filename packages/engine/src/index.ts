export * from './plan/plan.ts';
export * from './plan/plan-blueprint.ts';
export * from './plan/plan-runnable.ts';
export { selects } from './select/owner-selection.ts';
export { hasLegacyFields, isLegacyEntry } from './world/legacy-fields.ts';
export * from './world/owner-kind.ts';
export * from './world/world.ts';
