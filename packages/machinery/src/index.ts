export * from './carto-error.ts';
export * from './json.ts';
export * from './kube-object.ts';
export * from './ports.ts';
export * from './status.ts';
export * from './wire.ts';
