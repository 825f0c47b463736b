import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CroftError } from '../../error.ts';
import { checksumOf } from './checksum-file.ts';

const a = 'a1'.repeat(32);
const b = 'b2'.repeat(32);
const long = 'c3'.repeat(64);

function refusal(text: string, file = 'disk.qcow2', algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  try {
    return assert.fail(`found ${checksumOf(text, algorithm, file)}`);
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError && thrown.code === 'image.unusable', String(thrown));
    return thrown.message;
  }
}

test('SC6 checksum files are read in each form that publishers write', () => {
  const forms: [string, string][] = [
    ['sha256sum', `${b}  other.qcow2\n${a}  disk.qcow2\n`],
    ['sha256sum of a binary', `${b} *other.qcow2\r\n${a} *disk.qcow2\r\n`],
    ['BSD', `# disk.qcow2: 645988352 bytes\nSHA256 (disk.qcow2) = ${a}\nSHA256 (other.qcow2) = ${b}\n`],
    ['a folder before the name', `${a}  ./disk.qcow2\n${b}  ./disk.qcow2.xz\n`],
    ['a bare hash', `${a}\n`],
    ['a bare hash without a line end', a.toUpperCase()],
    ['several algorithms', `MD5 (disk.qcow2) = ${'d4'.repeat(16)}\nSHA512 (disk.qcow2) = ${long}\nSHA256 (disk.qcow2) = ${a}\n`],
    ['a byte order mark', `\uFEFF${a}  disk.qcow2`],
    ['a name with spaces before it', `${b}  my disk.qcow2\n${a}\tdisk.qcow2`],
  ];
  for (const [form, text] of forms) assert.equal(checksumOf(text, 'sha256', 'disk.qcow2'), a, form);
  assert.equal(checksumOf(`${long}  disk.qcow2`, 'sha512', 'disk.qcow2'), long);
});

test('SC6 of a clear-signed checksum file only what was signed counts', () => {
  const head = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n';
  const tail = '-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n';
  assert.equal(
    checksumOf(`${head}# a comment\nSHA256 (disk.qcow2) = ${a}\n${tail}SHA256 (disk.qcow2) = ${b}\n`, 'sha256', 'disk.qcow2'),
    a,
  );
  assert.equal(checksumOf(`SHA256 (disk.qcow2) = ${b}\n${head}- ${a}  disk.qcow2\n${tail}`, 'sha256', 'disk.qcow2'), a);
});

test('SC6 folders tell entries of the same name apart', () => {
  const text = `${a}  amd64/disk.qcow2\n${b}  arm64/disk.qcow2\n`;
  assert.equal(checksumOf(text, 'sha256', 'arm64/disk.qcow2'), b);
  assert.match(refusal(text), /has 2 sha256 sums of "disk\.qcow2" that differ/);
  assert.equal(checksumOf(`${a}  x/disk.qcow2\n${a}  y/disk.qcow2\n`, 'sha256', 'disk.qcow2'), a);
});

test('SC6 a checksum file without the name says what it has', () => {
  assert.match(refusal(`${a}  dusk.qcow2\n${b}  other.iso\n`), /no sha256 sum of "disk\.qcow2": did you mean "dusk\.qcow2"\?/);
  assert.match(refusal(`${a}  other.iso\n`), /there are "other\.iso"/);
  assert.match(refusal(`${long}  disk.qcow2\n`), /it has one of sha512/);
  assert.match(refusal(`${a}\n`, 'disk.qcow2', 'sha512'), /it has one of sha256/);
  for (const empty of ['', '<html><body>404</body></html>', `SHA512 (disk.qcow2) = ${a}`, 'abc  disk.qcow2', `${a}f  disk.qcow2`]) {
    assert.match(refusal(empty), /no such sums at all/);
  }
  assert.match(refusal(`${a}\n${b}\n`), /2 sha256 sums .* differ/);
  assert.doesNotMatch(refusal(`${a}  \u001b[2Jdisc.qcow2\n`), /\p{Cc}/u);
});

test('SC6 a bare hash beside named ones is nobody’s', () => {
  assert.match(refusal(`${a}\n${b}  other.iso\n`), /there are "other\.iso"/);
});

test('SC6 whatever a checksum file is, it gives a hash or an error with a code', () => {
  const hash = fc.constantFrom(a, b, long, 'abc');
  const name = fc.constantFrom('disk.qcow2', './disk.qcow2', 'x/disk.qcow2', 'other');
  const line = fc.oneof(
    fc.string(),
    hash,
    fc.tuple(hash, name).map(([one, other]) => `${one}  ${other}`),
    fc.tuple(fc.constantFrom('SHA256', 'SHA512', 'MD5'), name, hash).map(([tag, file, one]) => `${tag} (${file}) = ${one}`),
    fc.constantFrom('-----BEGIN PGP SIGNED MESSAGE-----', '-----BEGIN PGP SIGNATURE-----', ''),
  );
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('sha256', 'sha512'), (lines, algorithm) => {
      try {
        assert.equal(checksumOf(lines.join('\n'), algorithm, 'disk.qcow2').length, algorithm === 'sha256' ? 64 : 128);
      } catch (thrown) {
        assert.ok(thrown instanceof CroftError, String(thrown));
      }
    }),
  );
});

test('SC8 a line that is longer than any can be is passed over, whatever it begins with', () => {
  const long = `${'a'.repeat(64)}${' '.repeat(5000)}x\u2028y`;
  assert.throws(() => checksumOf(long, 'sha256', 'x\u2028y'), /has no sha256 sum/);
  assert.equal(checksumOf(`${long}\n${'b'.repeat(64)}  *disk\n`, 'sha256', 'disk'), 'b'.repeat(64));
});
