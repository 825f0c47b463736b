/**
 * A lock on a file that ends with its process, however the process ends. Node has no file locks: an open transaction of an empty SQLite
 * database serves as a lock.
 */
import { DatabaseSync } from 'node:sqlite';

/** SQLITE_BUSY; sqlite.org/rescode.html. */
const busy = 5;

/** Null where another process has the lock. Creates a missing file, and leaves it. */
export function lockFile(path: string): Disposable | null {
  using undo = new DisposableStack();
  const database = undo.adopt(new DatabaseSync(path, { timeout: 0 }), (opened) => opened.close());
  try {
    database.exec('begin exclusive');
    return undo.move();
  } catch (error) {
    if ((error as { errcode?: number }).errcode === busy) return null;
    throw error;
  }
}
