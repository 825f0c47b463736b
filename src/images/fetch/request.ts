/** One request for a file over HTTP, with redirects followed and network failures described in words. */
import http from 'node:http';
import https from 'node:https';
import { getCACertificates } from 'node:tls';
import { CroftError } from '../../model/error.ts';
import { asSourceFailure, SourceFailure } from './failure.ts';
import { nextHop } from './url.ts';

/** The environment's variables: `http_proxy`, `https_proxy` and `no_proxy`, in lower or upper case. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

export interface RequestTimes {
  /** ms until an answer must have begun. */
  answer: number;
  /** ms within which a piece must arrive, and pieces of `leastProgress` bytes together. */
  idle: number;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Rejects with SourceFailure. Ending it early closes the connection. */
  body: AsyncGenerator<Buffer>;
  /** Closes the connection where the body is not wanted. */
  close(): void;
}

export interface Requester {
  /** Resolves with the first answer that is no redirect, whatever its status. Rejects with SourceFailure or the signal's reason. */
  get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Answer>;
}

/** Bytes; a slower download would never end, and delays the images queued behind it. */
export const leastProgress = 16 * 1024;

const redirects = new Set([301, 302, 303, 307, 308]);

/** Rejects with `input.invalid` for an invalid proxy. */
export function createRequester(proxies: ProxyEnvironment, times: RequestTimes): Requester {
  const agents = createAgents(proxies);
  return {
    async get(url, headers, signal) {
      const visited = [url];
      for (;;) {
        const current = visited.at(-1) ?? url;
        const agent = current.protocol === 'https:' ? agents.https() : agents.http;
        const response = await ask(current, headers, agent, times, signal);
        const status = response.statusCode ?? 0;
        if (!redirects.has(status)) {
          return { status, headers: response.headers, body: read(response, times.idle, signal), close: () => response.destroy() };
        }
        response.destroy();
        visited.push(nextHop(visited, response.headers.location));
      }
    },
  };
}

interface Agents {
  http: http.Agent;
  /** Created on first use: reading the system's certificates takes a moment. */
  https(): https.Agent;
}

function createAgents(proxies: ProxyEnvironment): Agents {
  const proxyEnv = { ...proxies };
  try {
    let secure: https.Agent | undefined;
    const plain = new http.Agent({ proxyEnv });
    // Only to report an invalid proxy now.
    new https.Agent({ proxyEnv }).destroy();
    return {
      http: plain,
      https() {
        secure ??= new https.Agent({ proxyEnv, ca: trusted() });
        return secure;
      },
    };
  } catch (thrown) {
    throw new CroftError('input.invalid', 'What http_proxy, https_proxy or no_proxy says cannot be used', {
      hint: 'Give proxies as http://HOST:PORT.',
      cause: thrown,
    });
  }
}

/** The machine's certificates too, so that a mirror in the user's own network is trusted as by other programs. */
function trusted(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}

function ask(
  url: URL,
  headers: Record<string, string>,
  agent: http.Agent,
  times: RequestTimes,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request: open } = url.protocol === 'https:' ? https : http;
    const request = open(url, { agent, signal, headers: { 'accept-encoding': 'identity', 'user-agent': 'croft', ...headers } });
    const seconds = times.answer / 1000;
    const timer = setTimeout(() => {
      request.destroy(new SourceFailure(`it did not answer within ${seconds} s`, { transient: true }));
    }, times.answer);
    request.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    // The body may still fail after the answer has begun; its reader learns of that.
    request.on('error', (thrown) => {
      clearTimeout(timer);
      reject(signal.aborted ? signal.reason : asSourceFailure(thrown));
    });
    request.end();
  });
}

/** Only the time spent waiting for pieces counts, not the time spent on processing the last one. */
async function* read(response: http.IncomingMessage, idle: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const giveUp = () => response.destroy(new SourceFailure(`nothing more came for ${idle / 1000} s`, { transient: true }));
  let timer = setTimeout(giveUp, idle);
  let [since, waited, came] = [performance.now(), 0, 0];
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      waited += performance.now() - since;
      came += chunk.length;
      if (came >= leastProgress) [waited, came] = [0, 0];
      // Another try would be as slow; another source may not be.
      if (waited > idle) throw new SourceFailure(`it is too slow: ${came} bytes came in ${idle / 1000} s`);
      yield chunk;
      timer = setTimeout(giveUp, idle);
      since = performance.now();
    }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (thrown instanceof SourceFailure) throw thrown;
    const reason = asSourceFailure(thrown);
    throw new SourceFailure(`the connection broke (${reason.message})`, { transient: true, cause: thrown });
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}
