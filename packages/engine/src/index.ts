export { hasLegacyFields, isLegacyEntry } from './legacy-fields.ts';
export * from './owner-kind.ts';
export { selects } from './owner-selection.ts';
export * from './plan.ts';
export * from './plan-blueprint.ts';
export * from './plan-runnable.ts';
export * from './world.ts';
