export { isStillRunning, markProcess, type ProcessMark } from './keeper/process-record.ts';
export { type LaptopLog, laptopLogKinds, laptopLogs } from './log-files.ts';
export type { LaptopExplanation } from './reasons/laptop-explanation.ts';
export { LAPTOP_REASONS } from './reasons/laptop-reasons.ts';
export { serviceType } from './service/service.ts';
export { refuseService } from './service/service-rules.ts';
export { type Laptop, type LaptopOptions, laptopCrds, startLaptop } from './start.ts';
