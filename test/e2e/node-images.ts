/** Images on nodes of tests, put in place as Croft does it: by renaming, since a VM that boots just now may read the one that is there. */
import { mkdir, rename, writeFile } from 'node:fs/promises';

/** `name` is that of the file: its hash and its format. */
export async function putImageFile({ stateFolder }: { stateFolder: string }, name: string, content: Buffer): Promise<void> {
  const folder = `${stateFolder}/images`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/.${name}.new`, content, { mode: 0o644 });
  await rename(`${folder}/.${name}.new`, `${folder}/${name}`);
}
