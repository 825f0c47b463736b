/** Distinguishes failures of a node from failures of the store, which say nothing about the node. */

export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';

  /** `cause`: the value that was thrown. */
  constructor(cause: unknown) {
    super('the node failed', { cause });
  }
}

/** Runs `work`, which contacts only the node: a rejection of `work` is the node's failure. */
export async function byNode<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw new NodeFailure(thrown);
  }
}
