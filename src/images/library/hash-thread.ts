/** The hashing thread: updates the hashes of open files from memory that it shares with the writer. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Digests, HashOrder } from './block-hash.ts';

const zeros = Buffer.alloc(64 * 1024);
const files = new Map<number, readonly { algorithm: string; hash: Hash }[]>();

parentPort?.on('message', (order: HashOrder) => parentPort?.postMessage(carryOut(order)));

/** Each order has one answer, and the answers come in the order of the orders. */
function carryOut(order: HashOrder): Digests {
  const hashes = files.get(order.file) ?? [];
  switch (order.kind) {
    case 'open':
      files.set(
        order.file,
        order.algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) })),
      );
      break;
    case 'update':
      for (const { hash } of hashes) hash.update(order.piece);
      break;
    case 'zeros':
      for (let left = order.length; left > 0; left -= zeros.length) {
        for (const { hash } of hashes) hash.update(zeros.subarray(0, left));
      }
      break;
    case 'digests':
      return Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.copy().digest('hex')]));
    case 'close':
      files.delete(order.file);
      break;
  }
  return {};
}
