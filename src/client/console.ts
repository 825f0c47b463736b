/**
 * A VM's serial console over a WebSocket: binary frames are the guest's bytes, an empty frame before them says that the console is open,
 * a text frame is a problem that ended it.
 */
import { CroftError } from '../model/error.ts';
import { errorOf, problemSchema } from '../model/problem.ts';
import { type Transport, unanswered } from './transport.ts';

export interface Console {
  /** The guest's output. Ends when the console is closed; throws the CroftError that ended it. */
  output: ReadableStream<Uint8Array>;
  /** Resolves with true once the guest is connected, with false where the console ends before: `output` then says why. */
  opened: Promise<boolean>;
  /** Types into the guest. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/**
 * Resolves once the controller is connected, which then connects to the guest. A handshake's refusal carries no reason, so the same path
 * is then requested over HTTP.
 */
export async function openConsole(transport: Transport, path: string): Promise<Console> {
  const url = transport.address(path);
  const socket = new WebSocket(url.href.replace(/^http/, 'ws'), { headers: { authorization: transport.authorization } });
  socket.binaryType = 'arraybuffer';
  const { promise: opened, resolve: reached } = Promise.withResolvers<boolean>();
  const output = outputOf(socket, reached);
  try {
    await connected(socket);
  } catch (cause) {
    await output.cancel().catch(() => undefined);
    await transport.request('GET', path);
    throw unanswered(url.origin, cause);
  }
  return {
    output,
    opened,
    send: (data) => socket.send(typeof data === 'string' ? new TextEncoder().encode(data) : data),
    close: () => socket.close(),
  };
}

function connected(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', (event) => reject(new Error(`the WebSocket handshake failed ${event.message}`.trim())), {
      once: true,
    });
  });
}

function outputOf(socket: WebSocket, reached: (guest: boolean) => void): ReadableStream<Uint8Array> {
  let ended = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = (error: CroftError | null): void => {
        reached(false);
        if (ended) return;
        ended = true;
        if (error === null) controller.close();
        else controller.error(error);
      };
      socket.addEventListener('message', ({ data }: { data: unknown }) => {
        if (ended) return;
        if (data instanceof ArrayBuffer) {
          reached(true);
          if (data.byteLength > 0) controller.enqueue(new Uint8Array(data));
        } else end(errorOf(problemSchema.parse(JSON.parse(String(data)))));
      });
      socket.addEventListener('close', (event) => {
        end(event.code === 1000 || event.code === 1005 ? null : new CroftError('unavailable', `the console was cut off (${event.code})`));
      });
    },
    cancel() {
      ended = true;
      socket.close();
    },
  });
}
