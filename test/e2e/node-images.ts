/** Images on nodes of tests, put in place as Croft does it: by renaming, since a VM that boots just now may read the one that is there. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';

/** `name` is that of the file: its hash and its format. Several may put the same image side by side: each writes a file of its own first. */
export async function putImageFile({ stateFolder }: { stateFolder: string }, name: string, content: Buffer): Promise<void> {
  const folder = `${stateFolder}/images`;
  const fresh = `${folder}/.${name}.${randomUUID()}.new`;
  await mkdir(folder, { recursive: true });
  await writeFile(fresh, content, { mode: 0o644 });
  await rename(fresh, `${folder}/${name}`);
}
