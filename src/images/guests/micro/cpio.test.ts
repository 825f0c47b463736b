import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeArchive } from './cpio.ts';

/** Reads an archive back: name, mode and content of each member. */
function readArchive(archive: Buffer): { name: string; mode: number; content: string }[] {
  const members = [];
  for (let offset = 0; offset < archive.length; ) {
    const field = (index: number) => Number.parseInt(archive.toString('latin1', offset + 6 + index * 8, offset + 14 + index * 8), 16);
    assert.equal(archive.toString('latin1', offset, offset + 6), '070701');
    const nameEnd = offset + 110 + field(11);
    const start = (nameEnd + 3) & ~3;
    members.push({
      name: archive.toString('utf8', offset + 110, nameEnd - 1),
      mode: field(1),
      content: archive.toString('utf8', start, start + field(6)),
    });
    offset = (start + field(6) + 3) & ~3;
  }
  return members;
}

test('SC10 an archive has its folders, files and links, and ends with the trailer', () => {
  const archive = writeArchive([
    { kind: 'folder', path: 'bin', mode: 0o755 },
    { kind: 'file', path: 'bin/é', mode: 0o644, content: Buffer.from('12345') },
    { kind: 'link', path: 'sh', target: '/bin/é' },
  ]);
  assert.deepEqual(readArchive(archive), [
    { name: 'bin', mode: 0o040755, content: '' },
    { name: 'bin/é', mode: 0o100644, content: '12345' },
    { name: 'sh', mode: 0o120777, content: '/bin/é' },
    { name: 'TRAILER!!!', mode: 0, content: '' },
  ]);
});
