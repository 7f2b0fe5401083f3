import { interleavings } from '../gates/interleavings.ts';

// Needs no cluster, but a minute.
interleavings(1_000);
