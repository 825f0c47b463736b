/** The API on a real socket, and what its refusals look like to a client. */
import assert from 'node:assert/strict';
import { CroftError, type ErrorCode } from '../../src/model/error.ts';
import type { Stage } from './stand-ins.ts';

/** On loopback, on a port that the system chooses; resolves with the URL. */
export function listen(stage: Stage): Promise<string> {
  return stage.api.listen({ host: '127.0.0.1', port: 0 });
}

/** For assert.rejects: a CroftError with this code, and a message that fits. */
export function refusal(code: ErrorCode, message?: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof CroftError, String(error));
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  };
}
