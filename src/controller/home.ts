/** The controller's own folder: database, token, key, images, log. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Home {
  folder: string;
  database: string;
  /** Bearer token of the API, mode 0600. */
  token: string;
  /** Socket of the running controller, see presence.ts. */
  presence: string;
  /** Locked by the running controller, see presence.ts. */
  lock: string;
  log: string;
  images: string;
  /** The user's image map, where the user put one there. */
  imageMap: string;
  /** Partial downloads, to be resumed. */
  downloads: string;
  /** Private key with which the controller logs in to nodes that name no other. */
  key: string;
  /** Private key with which nodes fetch images from each other. */
  serveKey: string;
  cache: string;
  /** Parts of seeds while they are built; emptied at each start. */
  seeds: string;
}

export function homeAt(folder: string): Home {
  return {
    folder,
    database: join(folder, 'croft.db'),
    token: join(folder, 'token'),
    presence: join(folder, 'controller.sock'),
    lock: join(folder, 'controller.lock'),
    log: join(folder, 'controller.log'),
    images: join(folder, 'images'),
    imageMap: join(folder, 'images.yaml'),
    downloads: join(folder, 'downloads'),
    key: join(folder, 'id_ed25519'),
    serveKey: join(folder, 'images_ed25519'),
    cache: join(folder, 'cache'),
    seeds: join(folder, 'seeds'),
  };
}

export async function makeHome(home: Home): Promise<void> {
  await mkdir(home.folder, { recursive: true });
  await chmod(home.folder, 0o700);
}

/** The API's token, created where there is none yet. */
export async function ensureToken(home: Home): Promise<string> {
  const existing = await readOrNull(home.token);
  if (existing !== null && existing !== '') return existing;
  const token = randomBytes(32).toString('base64url');
  await writeWhole(home.token, `${token}\n`);
  return token;
}

/** The file's text without surrounding white space; null where there is no such file. */
export async function readOrNull(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Readers see the former text or the new one, never a part; mode 0600. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}
