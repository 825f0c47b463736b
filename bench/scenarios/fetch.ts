/** A packed image of 1 GiB into the library, against `curl | tee >(sha256sum) | zstd -d` of the same file. */
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usualTraits } from '../../src/model/image/definition.ts';
import { must, run } from '../../test/lab/machine.ts';
import type { Figure } from '../figure.ts';
import type { Stage } from '../stage.ts';

const mebibyte = 1024 ** 2;
/** MiB: in turns 4 of random bytes, which nothing compresses, and 6 of zeros. */
const size = 1024;
const [random, period] = [4, 10];
const repetitions = 5;

const server = fileURLToPath(new URL('../file-server.ts', import.meta.url));
const fetching = fileURLToPath(new URL('../fetching.ts', import.meta.url));

/** As `croft` starts a controller; `cache` is for compiled code, which the first run fills. */
const startNode = (cache: string): [string, ...string[]] => [
  'env',
  `NODE_COMPILE_CACHE=${cache}`,
  process.execPath,
  '--max-semi-space-size=3',
  '--heap-growing-percent=40',
];

/** zstd leaves holes for zeros as well. Both ways end once the image would survive a power loss. */
const byHand = `set -o pipefail
curl --silent --show-error --fail "$1" | tee >(sha256sum >"$2.sum") | zstd -d -q -f -o "$2" && sync "$2"`;

export async function measureFetch(_: Stage, say: (line: string) => void): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-bench-fetch-'));
  try {
    const { packed, checksum } = await makeImage(folder);
    await using published = await serve(packed);
    const definition = {
      name: 'bench',
      sources: [published.url],
      checksum: { algorithm: 'sha256', value: checksum },
      compression: 'zstd',
      format: 'raw',
      traits: usualTraits,
    };
    const [croft, hand, growth]: [number[], number[], number[]] = [[], [], []];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const home = join(folder, 'home');
      const fetched = JSON.parse(
        await must(run([...startNode(join(folder, 'cache')), fetching, home, JSON.stringify(definition)]), 'fetching'),
      );
      await rm(home, { recursive: true });
      croft.push(fetched.milliseconds);
      growth.push(fetched.growth / 1e6);
      const file = join(folder, 'by-hand.raw');
      const begun = performance.now();
      await must(run(['bash', '-c', byHand, 'bash', published.url, file]), 'curl and zstd');
      hand.push(performance.now() - begun);
      await rm(file);
      say(`fetch: ${croft.at(-1)?.toFixed(0)} ms, by hand ${hand.at(-1)?.toFixed(0)} ms, ${growth.at(-1)?.toFixed(0)} MB`);
    }
    return [
      {
        scenario: 'fetch',
        unit: 'ms',
        measured: { name: '1 GiB, 60 % zeros, zstd; published file and content hashed, synced', samples: croft },
        alternative: { name: 'curl | tee >(sha256sum) | zstd -d, sync', samples: hand },
        target: { kind: 'ratio at most', limit: 1.15 },
      },
      {
        scenario: 'fetch',
        unit: 'MB',
        measured: { name: 'growth of memory at its peak', samples: growth },
        alternative: { name: 'the image', samples: [(size * mebibyte) / 1e6] },
        target: { kind: 'at most', limit: 64 },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeImage(folder: string): Promise<{ packed: string; checksum: string }> {
  const [raw, packed] = [join(folder, 'image.raw'), join(folder, 'image.raw.zst')];
  await writeDisk(raw);
  await must(run(['zstd', '-q', '--rm', raw, '-o', packed]), 'zstd');
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(packed)) digest.update(chunk);
  return { packed, checksum: digest.digest('hex') };
}

async function writeDisk(file: string): Promise<void> {
  await using handle = await open(file, 'w');
  const noise = Buffer.alloc(mebibyte);
  for (let index = 0; index < size; index++) {
    if (index % period < random) await handle.write(randomFillSync(noise), 0, mebibyte, index * mebibyte);
  }
  await handle.truncate(size * mebibyte);
}

async function serve(file: string): Promise<AsyncDisposable & { url: string }> {
  const child = spawn(process.execPath, [server, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: `http://127.0.0.1:${port.toString().trim()}/image.raw.zst`,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
