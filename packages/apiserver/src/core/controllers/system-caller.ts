import type { Caller } from '../../core-api.ts';

/** The identity of a controller that is part of the server. */
export function systemCaller(account: string): Caller {
  return {
    user: {
      name: `system:serviceaccount:kube-system:${account}`,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    },
    fieldManager: 'kube-controller-manager',
    warnings: [],
  };
}
