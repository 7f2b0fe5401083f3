/**
 * The path of a job below the server: `folder/app` is `/job/folder/job/app`. Undefined for a name that would lead elsewhere.
 */
export function jobPath(job: string): string | undefined {
  const parts = job.split('/');
  if (parts.some(leadsElsewhere)) return undefined;
  return parts.map((part) => `/job/${encodeURIComponent(part)}`).join('');
}

/** The path of an archived file below its build. Undefined for one that would lead elsewhere. */
export function artifactPath(path: string): string | undefined {
  const parts = path.split('/');
  return parts.some(leadsElsewhere) ? undefined : `/artifact/${parts.map(encodeURIComponent).join('/')}`;
}

function leadsElsewhere(part: string): boolean {
  return part === '' || part === '.' || part === '..' || !part.isWellFormed() || /[\p{Cc}]/u.test(part);
}
