/**
 * Where this server answers a probe otherwise than a real one: what it answers, and why. A test fails on a
 * difference that is not listed here, and on a listed one that is gone.
 */
export const deviations: Readonly<Record<string, { readonly answer: string; readonly why: string }>> = {
  'watch-deprecated-path': {
    answer: '404 text',
    why: 'the /watch/ paths are deprecated since Kubernetes 1.11 and no client was seen to use them',
  },
  'watch-deprecated-core': {
    answer: '404 NotFound',
    why: 'the /watch/ paths are deprecated since Kubernetes 1.11 and no client was seen to use them',
  },
  'sa-token-secret-badsa-after': {
    answer: '200',
    why: 'a token Secret whose ServiceAccount does not exist is kept: the account may still be coming',
  },
  'grant-unchanged-bare-put': {
    answer: '200',
    why: 'what only the server sets is put back before rights are looked at: a write that changes nothing grants nothing',
  },
};

/** Probes that are left out, and why. */
export const skipped: Readonly<Record<string, string>> = {
  toolarge: 'the limit is one of the HTTP entrance, which http-server.test.ts tests',
};
