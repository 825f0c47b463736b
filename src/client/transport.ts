/** The client's HTTP: the token, bodies, and failures turned back into the controller's errors. */
import { CroftError } from '../model/error.ts';
import { errorOf, problemMediaType, problemSchema } from '../model/problem.ts';
import { unreadableHeader } from '../model/unreadable-row.ts';

export interface TransportOptions {
  /** Of the controller, such as `http://127.0.0.1:8700`. */
  url: string;
  token: string;
  fetch?: typeof fetch;
}

type Query = Record<string, string | number | boolean | undefined>;

interface RequestOptions {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent unchanged, with `type` as its content type. */
  stream?: ReadableStream<Uint8Array>;
  type?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** Receives the number of rows that an answer lacks because the controller cannot read them; not called where there are none. */
export type Missing = (count: number) => void;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type Transport = ReturnType<typeof createTransport>;

/** Every function rejects with a CroftError: the controller's own, or `unavailable` where the controller does not answer. */
export function createTransport(options: TransportOptions) {
  const send = options.fetch ?? fetch;
  const authorization = `Bearer ${options.token}`;

  function address(path: string, query: Query = {}): URL {
    const url = new URL(path, options.url);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }

  async function request(method: Method, path: string, request: RequestOptions = {}): Promise<Response> {
    const response = await send(address(path, request.query), {
      method,
      headers: { authorization, ...contentType(request), ...request.headers },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(request.stream !== undefined && { body: request.stream, duplex: 'half' }),
      ...(request.signal !== undefined && { signal: request.signal }),
    }).catch((cause: unknown) => {
      if (request.signal?.aborted) throw cause;
      if (cause instanceof Error && cause.cause instanceof CroftError) throw cause.cause;
      throw unanswered(options.url, cause);
    });
    if (!response.ok) throw await problemFrom(response);
    return response;
  }

  return {
    request,
    authorization,
    address,
    /** The answer's JSON; undefined where the answer has no body. */
    async json<T>(method: Method, path: string, options?: RequestOptions): Promise<T> {
      const response = await request(method, path, options);
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
    /** The JSON of an answer that may lack rows. */
    async partial<T>(path: string, missing: Missing = () => undefined): Promise<T> {
      const response = await request('GET', path);
      tellMissing(missing, unreadableIn(response));
      return (await response.json()) as T;
    },
    /** All items of a list, page after page: a page that is not the last names the next page in a header. */
    async pages<Item>(path: string, query: Query, limit: number, missing: Missing = () => undefined): Promise<Item[]> {
      const items: Item[] = [];
      let unreadable = 0;
      let after: string | null = null;
      do {
        const response = await request('GET', path, { query: { ...query, limit, ...(after !== null && { after }) } });
        items.push(...((await response.json()) as Item[]));
        after = response.headers.get('next');
        unreadable += unreadableIn(response);
      } while (after !== null);
      tellMissing(missing, unreadable);
      return items;
    },
    async text(method: Method, path: string, options?: RequestOptions): Promise<string> {
      return (await request(method, path, options)).text();
    },
    /** The answer's body as it arrives. */
    async stream(method: Method, path: string, options?: RequestOptions): Promise<ReadableStream<Uint8Array>> {
      const { body } = await request(method, path, options);
      if (body === null) throw new CroftError('internal', `${method} ${path} was answered without a body`);
      return body;
    },
  };
}

function unreadableIn({ headers }: Response): number {
  return Number(headers.get(unreadableHeader) ?? 0);
}

function tellMissing(missing: Missing, count: number): void {
  if (count > 0) missing(count);
}

function contentType({ body, stream, type }: RequestOptions): Record<string, string> {
  if (body !== undefined) return { 'content-type': 'application/json' };
  return stream !== undefined && type !== undefined ? { 'content-type': type } : {};
}

export function unanswered(url: string, cause: unknown): CroftError {
  return new CroftError('unavailable', `the controller at ${url} does not answer: ${innermostMessage(cause)}`, {
    hint: 'start the controller with `croft up`',
    cause,
  });
}

/** fetch says only "fetch failed"; the reason is in the cause of its error, and for several addresses in their causes. */
function innermostMessage(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return innermostMessage(thrown.errors[0]);
  if (thrown instanceof Error) return thrown.cause === undefined ? thrown.message : innermostMessage(thrown.cause);
  return String(thrown);
}

async function problemFrom(response: Response): Promise<CroftError> {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith(problemMediaType)) {
    const problem = problemSchema.safeParse(JSON.parse(text));
    if (problem.success) return errorOf(problem.data);
  }
  return new CroftError('internal', `${response.url} answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`, {
    hint: 'check that the address is that of a Croft controller',
  });
}
