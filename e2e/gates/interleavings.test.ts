import { interleavings } from './interleavings.ts';

// As many as take ten seconds; `npm run test:cluster -- gates` has a thousand.
interleavings(200);
