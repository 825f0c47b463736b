/** What the tests of SSH hosts share: hosts on a test's own sshd, and what their errors must say. */
import assert from 'node:assert/strict';
import type { Host } from '../../src/host/host.ts';
import { createSshHost, type SshHostOptions } from '../../src/host/ssh-host.ts';
import { CroftError, type ErrorCode } from '../../src/model/error.ts';
import type { Sshd } from './sshd.ts';

/** What a rejection must say: its code, and words of its message and hint. */
export function failing(code: ErrorCode, ...words: (string | undefined)[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CroftError, String(error));
    assert.equal(error.code, code, error.message);
    for (const word of words) assert.ok(`${error.message} ${error.hint}`.includes(word ?? ''), `"${error.message}" lacks ${word}`);
    assert.equal(error.node?.startsWith('node1'), true);
    return true;
  };
}

export function hostOn(sshd: Sshd, change: Partial<SshHostOptions['target']> = {}): Host & AsyncDisposable {
  return disposable(createSshHost({ name: 'node1', target: { ...sshd.target, ...change }, sudo: null }));
}

export function disposable(host: Host): Host & AsyncDisposable {
  return Object.assign(host, { [Symbol.asyncDispose]: () => host.close() });
}

/** The command lines of all processes on the node. */
