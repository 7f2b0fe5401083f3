export { refuseService } from './service/service-rules.ts';
export { serviceType } from './service/service.ts';
export { type Laptop, laptopCrds, type LaptopOptions, startLaptop } from './start.ts';
