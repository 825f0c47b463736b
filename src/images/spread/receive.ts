/** One attempt to deliver an image to a node, from the controller or from another node; unverified content never gets the image's name. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { fileError } from '../../host/file-error.ts';
import type { Host, HostProcess } from '../../host/host.ts';
import { readScript } from '../../host/script.ts';
import { CroftError } from '../../model/error.ts';
import { type DeliveredImage, type ImagePlace, imageFolder, imagePath } from './node-images.ts';

/** How another node reaches the source node. */
export interface PeerAddress {
  user: string;
  address: string;
  port: number;
  /** Its public host key, `TYPE BASE64`: no other key is accepted. */
  hostKey: string;
}

/** `file` is on the controller's machine. */
export type ImageSource = { kind: 'controller'; file: string } | ({ kind: 'peer'; privateKey: string } & PeerAddress);

export interface Reception {
  host: Host;
  place: ImagePlace;
  image: DeliveredImage;
  source: ImageSource;
  /** ms without any progress after which it is given up. */
  patience: number;
  /** Receives the number of bytes present, first when the transfer begins. */
  onProgress(bytes: number): void;
}

/**
 * `differs`: the content was wrong, and none of it stays. `failed`: the source did not deliver all of it; the received part stays for the
 * next attempt.
 */
export type Outcome = { kind: 'arrived' } | { kind: 'differs' | 'failed'; words: string };

/** Rejects with `disk.full`, `command.failed` or `node.*` where the receiving node itself fails. */
export type Receive = (reception: Reception) => Promise<Outcome>;

/** Checking reads the present part, and writing it to a disk may take long. */
const syncPatience = 300_000;

/** Exit codes of the script: the content was wrong and was removed; the source ended too early and the partial file stays. */
const differs = 45;
const cutShort = 46;
const receiveScript = readScript(import.meta.url, 'scripts/receive.sh');

export const receiveImage: Receive = async (reception) => {
  const { host, place, image, source } = reception;
  const program = await host.spawn({ argv: ['sh', '-c', receiveScript, 'croft-receive', ...scriptArguments(place, image, source)] });
  program.stdin.on('error', () => undefined);
  const stderr = text(program.stderr).catch(() => '');
  const progress = follow(program, reception);
  if (source.kind === 'peer') program.stdin.write(`${source.privateKey.trimEnd()}\n.\n`);
  try {
    const [code, sent] = await Promise.all([program.exited, source.kind === 'peer' ? null : send(source.file, program, progress.begun)]);
    const words = (await stderr).trim();
    await progress.read;
    if (code === 0) return { kind: 'arrived' };
    if (progress.stalled()) return { kind: 'failed', words: `nothing came for ${reception.patience / 1000} s` };
    if (sent !== null) return { kind: 'failed', words: `${sent.message}` };
    if (code === differs) return { kind: 'differs', words: `what came has the sha256 ${progress.said('sum')}, not ${image.sha256}` };
    if (code === cutShort) return { kind: 'failed', words: words || 'it ended too early' };
    throw fileError(imagePath(place, image), { code, stdout: progress.said('') ?? '', stderr: words }, host.name);
  } finally {
    progress.end();
    program.stdin.end();
  }
};

function scriptArguments(place: ImagePlace, { sha256, format, size }: DeliveredImage, source: ImageSource): string[] {
  const image = [imageFolder(place), sha256, format, String(size), `${place.runFolder}/transfer-${sha256}`];
  return source.kind === 'peer' ? [...image, source.user, source.address, String(source.port), source.hostKey] : image;
}

interface Followed {
  /** Resolves with the byte at which the transfer resumes. */
  begun: Promise<number>;
  stalled(): boolean;
  /** The text of the last line with this first word; for the empty word, the last line that is no report. */
  said(word: string): string | undefined;
  /** Resolves when all output of the program was read. */
  read: Promise<void>;
  end(): void;
}

/** Reads the reports, and ends a transfer that makes no progress. */
function follow(program: HostProcess, { patience, onProgress }: Reception): Followed {
  const begun = Promise.withResolvers<number>();
  const last = new Map<string, string>();
  let reached = -1;
  let stalled = false;
  const stop = () => {
    stalled = true;
    // Where this fails too the connection is lost, which ends the program.
    program.kill().catch(() => undefined);
  };
  let timer = setTimeout(stop, patience);
  const goOn = (time: number) => {
    clearTimeout(timer);
    timer = setTimeout(stop, time);
  };
  // A stream aborted in the middle ends without an end, which is no failure of its own: the program's exit says more.
  const read = finished(program.stdout).catch(() => undefined);
  const lines = createInterface({ input: program.stdout });
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const [word = '', value = ''] = line.split(' ');
    const isReport = ['at', 'checking', 'sum', 'syncing'].includes(word);
    const news = last.get(word) !== value;
    last.set(isReport ? word : '', isReport ? value : line);
    if (word === 'syncing') goOn(Math.max(patience, syncPatience));
    else if (word === 'checking' && news) goOn(patience);
    if (word !== 'at' || Number(value) <= reached) return;
    reached = Number(value);
    begun.resolve(reached);
    goOn(patience);
    onProgress(reached);
  });
  return {
    begun: begun.promise,
    stalled: () => stalled,
    said: (word) => last.get(word),
    read,
    end: () => clearTimeout(timer),
  };
}

/** Sends the file, compressed, from the offset that the node requests. Resolves with the error where the file cannot be read. */
async function send(file: string, program: HostProcess, begun: Promise<number>): Promise<Error | null> {
  const over = new AbortController();
  const stop = () => over.abort();
  program.exited.then(stop, stop);
  const ended = program.exited.then(
    () => null,
    () => null,
  );
  const start = await Promise.race([begun, ended]);
  if (start === null) return null;
  const source = createReadStream(file, { start, highWaterMark: pieceSize });
  const packed = createZstdCompress({ chunkSize: pieceSize, params: { [constants.ZSTD_c_compressionLevel]: level } });
  try {
    await pipeline(source, packed, program.stdin, { signal: over.signal });
    return null;
  } catch (thrown) {
    if (source.errored === null || over.signal.aborted) return null;
    // The end of a partial transfer: the received part stays on the node.
    program.stdin.end();
    return new CroftError('command.failed', `the image file ${file} cannot be read: ${source.errored.message}`, { cause: thrown });
  }
}

const pieceSize = 1024 * 1024;
/** The fastest level: on a fast link a higher level would be the bottleneck. */
const level = 1;
