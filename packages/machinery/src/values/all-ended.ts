/**
 * The results of work that goes on side by side. Unlike `Promise.all` it ends when all of it has ended: a failure of one
 * leaves nothing behind that still changes the world when the caller has gone on.
 * @throws the first failure, in the order of the work.
 */
export async function allEnded<T>(work: Iterable<Promise<T>>): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason as Error;
    return outcome.value;
  });
}
