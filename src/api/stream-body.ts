/** Request bodies of any size: handed to the handler as the stream that arrives, never held in memory. */
import { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';
import { z } from 'zod';
import { CroftError } from '../model/error.ts';
import type { Api } from './route.ts';

/** ms without a byte after which a body is given up: its sender may be gone without a word. */
const usualPatience = 300_000;

/** From here on this scope reads only `type`, as a stream, and refuses every other content type. */
export function acceptStream(scope: Api, type: string, patience = usualPatience): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(type, (_request, payload, done) => {
    if (payload instanceof IncomingMessage) giveUpWhenSilent(payload, patience);
    done(null, payload);
  });
}

function giveUpWhenSilent(body: IncomingMessage, patience: number): void {
  const { socket } = body;
  const giveUp = () => {
    body.destroy(new CroftError('input.silent', `nothing of the request's body came for ${patience / 1000} s`, { hint: 'Send it again.' }));
  };
  socket.setTimeout(patience).once('timeout', giveUp);
  finished(body, { writable: false }, () => socket.setTimeout(0).off('timeout', giveUp));
}

const streamSchema = z.instanceof(Readable).meta({ type: 'string', format: 'binary' });

/** What a route's schema says of such a body. */
export const streamBody = (type: string) => ({ body: streamSchema, consumes: [type] });
