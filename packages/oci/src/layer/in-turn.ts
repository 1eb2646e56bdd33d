/** The work under way, by the object it belongs to and a key; gone when the object is gone or the work is done. */
const underWay = new WeakMap<object, Map<string, Promise<unknown>>>();

/**
 * Runs `work` when all earlier work of the same `owner` and `key` has ended, however it ended. Who waits can then see
 * that nothing is left to do; and one caller's abort does not fail the others.
 */
export async function inTurn<Result>(owner: object, key: string, work: () => Promise<Result>): Promise<Result> {
  const queue = underWay.get(owner) ?? new Map<string, Promise<unknown>>();
  underWay.set(owner, queue);
  const before = queue.get(key) ?? Promise.resolve();
  const mine = before.then(work, work);
  const settled = mine.catch(() => undefined);
  queue.set(key, settled);
  try {
    return await mine;
  } finally {
    if (queue.get(key) === settled) queue.delete(key);
  }
}
