/** An image of 1 GiB onto three nodes over links of 200 Mbit/s, against `scp -C` to all three side by side. */
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab, LabHost } from '../../test/lab/lab.ts';
import { must, run } from '../../test/lab/machine.ts';
import { shapeLab } from '../../test/lab/shape.ts';
import { until } from '../../test/support/until.ts';
import type { Figure } from '../figure.ts';
import type { Stage } from '../stage.ts';

const mebibyte = 1024 ** 2;
/** MiB: in turns 4 of random bytes, which nothing compresses, and 6 of zeros. */
const size = 1024;
const [random, period] = [4, 10];
/** Mbit/s of each host's link and of the controller's, each way. */
const rate = 200;
const repetitions = 2;
const name = 'spread';
const copies = '/var/lib/croft/bench/copies';

export async function measureSpread(stage: Stage, say: (line: string) => void): Promise<Figure[]> {
  const { lab } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'croft-bench-spread-'));
  try {
    const file = join(folder, 'image.raw');
    const sha256 = await makeImage(file);
    const [croft, parallel, oneByOne]: [number[], number[], number[]] = [[], [], []];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      croft.push(await spread(stage, file, sha256));
      parallel.push(await copy(lab, file, (copying) => Promise.all(lab.hosts.map(copying))));
      say(`spread: ${croft.at(-1)?.toFixed(1)} s, scp -C side by side ${parallel.at(-1)?.toFixed(1)} s`);
    }
    oneByOne.push(
      await copy(lab, file, async (copying) => {
        for (const host of lab.hosts) await copying(host);
      }),
    );
    const measured = { name: `1 GiB, 60 % zeros, to ${lab.hosts.length} nodes at ${rate} Mbit/s`, samples: croft };
    const figure = { scenario: 'spread', unit: 's' as const, measured };
    return [
      { ...figure, alternative: { name: 'scp -C to all side by side', samples: parallel }, target: { kind: 'times faster', limit: 2 } },
      { ...figure, alternative: { name: 'scp -C to one after the other', samples: oneByOne }, target: null },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves with the sha256. */
async function makeImage(file: string): Promise<string> {
  const digest = createHash('sha256');
  await using handle = await open(file, 'w');
  const [noise, zeros] = [Buffer.alloc(mebibyte), Buffer.alloc(mebibyte)];
  for (let index = 0; index < size; index++) {
    const piece = index % period < random ? randomFillSync(noise) : zeros;
    digest.update(piece);
    if (piece === noise) await handle.write(piece, 0, mebibyte, index * mebibyte);
  }
  await handle.truncate(size * mebibyte);
  return digest.digest('hex');
}

/** From the wish that all nodes have the image until all have it, in seconds. It is in the controller's library before. */
async function spread({ lab, controller: { client } }: Stage, file: string, sha256: string): Promise<number> {
  await client.images.add(name, createReadStream(file));
  try {
    await using _ = await shapeLab(lab, rate);
    const start = performance.now();
    await client.images.prepull(name, ['all']);
    await until(
      'all nodes have the image',
      async () => {
        const found = await Promise.all(lab.hosts.map((host) => hasImage(lab, host, sha256)));
        return found.every(Boolean) || undefined;
      },
      600_000,
    );
    return (performance.now() - start) / 1000;
  } finally {
    await client.images.remove(name);
    await client.images.collect();
  }
}

async function hasImage(lab: Lab, host: LabHost, sha256: string): Promise<boolean> {
  const nodes = join(lab.folder, host.name, 'disk/var/lib/croft/node');
  for (const controller of await readdir(nodes)) {
    const images = await readdir(join(nodes, controller, 'images')).catch((): string[] => []);
    if (images.includes(`${sha256}.raw`)) return true;
  }
  return false;
}

/** Resolves with the seconds that `all` takes. */
async function copy(lab: Lab, file: string, all: (copying: (host: LabHost) => Promise<unknown>) => Promise<unknown>): Promise<number> {
  for (const host of lab.hosts) await must(host.exec(['mkdir', '-p', copies]), `making ${copies}`);
  try {
    await using _ = await shapeLab(lab, rate);
    const start = performance.now();
    await all((host) => scp(host, file));
    return (performance.now() - start) / 1000;
  } finally {
    for (const host of lab.hosts) await host.exec(['rm', '-rf', copies]);
  }
}

function scp({ address, keyFile }: LabHost, file: string): Promise<string> {
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-i', keyFile];
  return must(run(['scp', '-q', '-C', ...options, file, `root@${address}:${copies}/image.raw`]), `scp to ${address}`);
}
