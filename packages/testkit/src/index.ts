export * from './fake-clock.ts';
export { createFaultTransport, errorEvent, lists, watches, writes } from './fault-transport.ts';
export type { Fault, FaultRule, FaultTransport } from './fault-transport.ts';
export type { WatchFault } from './fault-events.ts';
export { startFaultProxy } from './fault-proxy.ts';
export type { FaultProxy, ProxyMode } from './fault-proxy.ts';
export { startEmbedded } from './embedded.ts';
export type { Embedded, EmbeddedOptions } from './embedded.ts';
