export { type Laptop, laptopCrds, type LaptopOptions, startLaptop } from './start.ts';
