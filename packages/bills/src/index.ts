export { type Bill, type BillPackage, MOST_PLACES, type Unread } from './bill.ts';
export { BillError } from './bill-error.ts';
export { billOf } from './collected.ts';
export { type BillDifference, type ChangedPackage, compareBills } from './compared.ts';
export { writeCycloneDx } from './cyclonedx-write.ts';
export { ecosystemOf, nameOf, packageOfPurl, purlOf } from './ecosystems.ts';
export { coversPurl, equalPurls, formatPurl, type Purl, parsePurl } from './purl.ts';
export { BILL_LIMITS, type BillLimits, readBill } from './read-bill.ts';
