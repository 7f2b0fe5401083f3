export * from './fake-clock.ts';
export { createFaultTransport, errorEvent, lists, watches, writes } from './fault-transport.ts';
export type { Fault, FaultRule, FaultTransport } from './fault-transport.ts';
export type { WatchFault } from './fault-events.ts';
