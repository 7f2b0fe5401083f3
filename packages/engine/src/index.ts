export * from './owner-kind.ts';
export * from './world.ts';
