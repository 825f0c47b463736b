/** The protocol of the QEMU guest agent: one JSON object per line, answered in order. All of the agent's data come from inside a guest. */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { CroftError } from '../model/error.ts';

/** In characters, for the whole input of a session: the session of a guest that sends more is ended. */
const mostReceived = 1024 * 1024;
const mostAddresses = 64;

interface AgentOptions {
  /** ms for the whole session, after which everything rejects. */
  within: number;
  /** A number that no earlier session used: input before its echo belongs to an earlier session. */
  mark: number;
}

const answerSchema = z.object({ return: z.unknown().optional(), error: z.object({ desc: z.string() }).optional() });
type Answer = z.infer<typeof answerSchema>;

export class AgentSession {
  readonly #stream: Duplex;
  readonly #mark: number;
  readonly #timer: NodeJS.Timeout;
  #received = 0;
  #partial = '';
  #lines: string[] = [];
  #next: { resolve(line: string): void; reject(error: Error): void } | null = null;
  #failure: CroftError | null = null;

  private constructor(stream: Duplex, within: number, mark: number) {
    this.#stream = stream;
    this.#mark = mark;
    this.#timer = setTimeout(() => this.#fail('did not answer in time'), within);
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#receive(text));
    const end = (): void => this.#fail('hung up');
    stream.on('error', end).on('end', end).on('close', end);
  }

  /** Rejects with `command.timeout` where no agent answers. */
  static async open(stream: Duplex, { within, mark }: AgentOptions): Promise<AgentSession> {
    const session = new AgentSession(stream, within, mark);
    try {
      await session.#synchronise(true);
      return session;
    } catch (thrown) {
      session.close();
      throw thrown;
    }
  }

  /** Resolves with the answer's `return`. Rejects with `command.failed` where the agent refuses, `command.timeout`. */
  async execute(command: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    this.#send(command, parameters);
    const answer = await this.#answer();
    if (answer === null) throw new CroftError('command.failed', 'the agent in the guest said something else than an answer');
    return granted(answer);
  }

  /**
   * For requests without an answer on success, such as a shutdown: resolves once the agent has accepted the next request. Rejects with
   * `command.failed` where the agent refuses.
   */
  async tell(command: string, parameters: Record<string, unknown>): Promise<void> {
    this.#send(command, parameters);
    await this.#synchronise();
  }

  close(): void {
    this.#fail('was left');
  }

  #send(command: string, parameters: Record<string, unknown>): void {
    this.#stream.write(request(command, parameters));
  }

  /** Reads until the mark is echoed. At first, answers to an earlier session may precede it. */
  async #synchronise(first = false): Promise<void> {
    this.#send('guest-sync', { id: this.#mark });
    for (;;) {
      const answer = await this.#answer();
      if (answer?.return === this.#mark) return;
      if (!first && answer !== null) granted(answer);
    }
  }

  /** Null for a line that is no answer. */
  async #answer(): Promise<Answer | null> {
    const line = await this.#line();
    try {
      return answerSchema.parse(JSON.parse(line));
    } catch {
      return null;
    }
  }

  async #line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return line;
    if (this.#failure !== null) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#next = { resolve, reject };
    return await promise;
  }

  #receive(text: string): void {
    this.#received += text.length;
    if (this.#received > mostReceived) {
      this.#fail('says too much');
      return;
    }
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    this.#lines.push(...lines);
    const next = this.#next;
    const line = next === null ? undefined : this.#lines.shift();
    if (next === null || line === undefined) return;
    this.#next = null;
    next.resolve(line);
  }

  #fail(what: string): void {
    clearTimeout(this.#timer);
    this.#failure ??= new CroftError('command.timeout', `the agent in the guest ${what}`);
    this.#next?.reject(this.#failure);
    this.#next = null;
    this.#stream.destroy();
  }
}

function request(command: string, parameters: Record<string, unknown>): string {
  return `${JSON.stringify({ execute: command, arguments: parameters })}\n`;
}

function granted({ return: value, error }: Answer): unknown {
  if (error !== undefined) throw new CroftError('command.failed', `the agent in the guest refused: ${plain(error.desc, 200)}`);
  return value;
}

/** A guest's data, cut to sane sizes and free of control characters. */
export interface GuestWords {
  hostname: string | null;
  operatingSystem: string | null;
  addresses: { nic: string; mac: string | null; address: string }[];
}

const hostnameSchema = z.object({ 'host-name': z.string() }).transform((answer) => plain(answer['host-name'], 253));
const systemSchema = z.object({ 'pretty-name': z.string() }).transform((answer) => plain(answer['pretty-name'], 200));
const interfacesSchema = z.array(
  z.object({
    name: z.string().transform((name) => plain(name, 64)),
    'hardware-address': z
      .string()
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i)
      .optional()
      .catch(undefined),
    'ip-addresses': z.array(z.object({ 'ip-address': z.string() })).default([]),
  }),
);

/** Missing and invalid answers become null or empty. */
export async function readGuest(agent: AgentSession): Promise<GuestWords> {
  const hostname = await answered(agent, 'guest-get-host-name', hostnameSchema);
  const operatingSystem = await answered(agent, 'guest-get-osinfo', systemSchema);
  const interfaces = (await answered(agent, 'guest-network-get-interfaces', interfacesSchema)) ?? [];
  const addresses = interfaces.flatMap((nic) =>
    nic['ip-addresses']
      .map((entry) => entry['ip-address'])
      .filter((address) => isIP(address) !== 0)
      .map((address) => ({ nic: nic.name, mac: nic['hardware-address']?.toLowerCase() ?? null, address })),
  );
  return { hostname, operatingSystem, addresses: addresses.slice(0, mostAddresses) };
}

async function answered<T>(agent: AgentSession, command: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.safeParse(await agent.execute(command)).data ?? null;
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'command.failed') return null;
    throw thrown;
  }
}

function plain(text: string, longest: number): string {
  return text
    .slice(0, longest * 4)
    .replace(/\p{C}/gu, '')
    .slice(0, longest);
}
