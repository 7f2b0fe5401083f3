import { compare, valid } from '@renovatebot/pep440';
import { type VersionOrder, versionOrder } from './order.ts';

/** PyPI: PEP 440. Versions from before it (`2004d`) have no order and cannot be read. */
export const pypiOrder: VersionOrder = versionOrder((version) => valid(version) ?? undefined, compare);
