/** Tells what a node failed at from failures of the store, which say nothing of the node. */

export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';

  /** `cause`: what was thrown. */
  constructor(cause: unknown) {
    super('the node failed', { cause });
  }
}

/** As `work`, which asks only the node: what it rejects with is the node's failure. */
export async function byNode<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw new NodeFailure(thrown);
  }
}
