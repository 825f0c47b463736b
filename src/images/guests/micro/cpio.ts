/**
 * Archives in cpio's `newc` form, which the kernel unpacks as its first root file system. Writing them here needs no root for device
 * files.
 */

/** `path` is relative to the root. `mode` is the permission bits. */
export type ArchiveEntry =
  | { kind: 'folder'; path: string; mode: number }
  | { kind: 'file'; path: string; mode: number; content: Uint8Array }
  | { kind: 'link'; path: string; target: string };

/** The bits of a mode for the file type: S_IFDIR, S_IFREG, S_IFLNK. */
const typeBits = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;

/**
 * Writes the entries in the given order, all owned by root and dated 1970, so that equal entries give equal bytes. Folders must precede
 * their content. Format: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export function writeArchive(entries: readonly ArchiveEntry[]): Buffer {
  const records = entries.map((entry, index) => record(entry, index + 1));
  records.push(member('TRAILER!!!', 0, 0, 1, new Uint8Array()));
  return Buffer.concat(records);
}

function record(entry: ArchiveEntry, inode: number): Buffer {
  const type = typeBits[entry.kind];
  switch (entry.kind) {
    case 'folder':
      return member(entry.path, inode, type | entry.mode, 2, new Uint8Array());
    case 'file':
      return member(entry.path, inode, type | entry.mode, 1, entry.content);
    case 'link':
      return member(entry.path, inode, type | 0o777, 1, Buffer.from(entry.target));
  }
}

function member(name: string, inode: number, mode: number, links: number, content: Uint8Array): Buffer {
  const nameBytes = Buffer.from(`${name}\0`);
  // inode, mode, uid, gid, links, time, size, device major and minor, special major and minor, name size, checksum
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, nameBytes])), padded(content)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
