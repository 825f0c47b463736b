/** Request bodies of any size: passed to the handler as the arriving stream, never held in memory. */
import { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';
import { z } from 'zod';
import { CroftError } from '../model/error.ts';
import type { Api } from './route.ts';

/** ms without a byte after which a body is given up: its sender may be gone without notice. */
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

/** The description of such a body in a route's schema. */
export const streamBody = (type: string) => ({ body: streamSchema, consumes: [type] });
