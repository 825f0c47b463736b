/** Request bodies of any size: handed to the handler as the stream that arrives, never held in memory. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Api } from './route.ts';

/** From here on this scope reads only `type`, as a stream, and refuses every other content type. */
export function acceptStream(scope: Api, type: string): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
}

const streamSchema = z.instanceof(Readable).meta({ type: 'string', format: 'binary' });

/** What a route's schema says of such a body. */
export const streamBody = (type: string) => ({ body: streamSchema, consumes: [type] });
