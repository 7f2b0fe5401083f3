export type { Bill, BillPackage, Unread } from './bill.ts';
