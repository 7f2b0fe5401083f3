import { interleavings } from './interleavings.ts';

// A few seconds; `npm run test:cluster -- gates` has a thousand.
interleavings(25);
