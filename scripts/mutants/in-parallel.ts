/** Does something with each item, in their order, so many at a time. The first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) await each(item);
  };
  await Promise.all(Array.from({ length: most }, work));
}
