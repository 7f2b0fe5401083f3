export type { Renderer } from './effects.ts';
export { type ControllerOptions, type RunningController, startController } from './start-controller.ts';
