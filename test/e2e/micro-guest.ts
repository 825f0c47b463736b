/** A guest of the micro image under QEMU without any network but QEMU's own, which stays inside its process. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type SeedSource, seedOf } from '../../src/images/seeds/seed.ts';
import { QmpSession } from '../../src/tools/qmp.ts';

export interface MicroGuestOptions {
  /** Where its disk, seed and socket lie. */
  folder: string;
  image: string;
  /** MiB. */
  memory: number;
  seed: SeedSource;
  /** Arguments of QEMU for its NICs. */
  nics: readonly string[];
}

export class MicroGuest {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #socket: string;
  readonly #ended: Promise<unknown>;
  console = '';

  private constructor(process: ChildProcessByStdio<Writable, Readable, null>, socket: string) {
    this.#process = process;
    this.#socket = socket;
    this.#ended = once(process, 'close');
    process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.console += text;
    });
  }

  static async start({ folder, image, memory, seed, nics }: MicroGuestOptions): Promise<MicroGuest> {
    const [disk, seedFile, socket] = ['disk.qcow2', 'seed.iso', 'qmp.sock'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'raw', disk]);
    await writeFile(seedFile, await seedOf(seed, folder).build());
    const machine = ['-nodefaults', '-machine', 'pc,accel=tcg', '-m', String(memory), '-display', 'none', '-serial', 'stdio'];
    const disks = ['-drive', `file=${disk},if=virtio,format=qcow2`, '-cdrom', seedFile];
    const child = spawn('qemu-system-x86_64', [...machine, ...disks, ...nics, '-qmp', `unix:${socket},server=on,wait=off`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new MicroGuest(child, socket);
  }

  /** Resolves when the console shows the words; rejects with all that it showed when the guest ends or takes too long. */
  async shows(words: string): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    while (!this.console.includes(words)) {
      const ended = this.#ended.then(() => 'ended' as const);
      const next = await Promise.race([once(this.#process.stdout, 'data', { signal }).catch(() => 'silent' as const), ended]);
      if (next === 'ended' || next === 'silent') throw new Error(`The guest never showed "${words}" but:\n${this.console}`);
    }
  }

  type(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  async pressPowerButton(): Promise<void> {
    const session = await QmpSession.open(connect(this.#socket), 10_000);
    await session.execute('system_powerdown');
    session.close();
  }

  /** Resolves with QEMU's exit code when the guest has powered off; rejects with what the console showed when it does not. */
  async ended(): Promise<number | null> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`The guest did not end but showed:\n${this.console}`)), 30_000);
    await Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
    return this.#process.exitCode;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
