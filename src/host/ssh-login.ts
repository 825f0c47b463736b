/** One SSH login: compares the host key with the pinned one, and gives every failure an error code. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import ssh2 from 'ssh2';
import { CroftError } from '../model/error.ts';
import type { SshTarget } from '../model/node/node.ts';
import { readPrivateKey } from './ssh-key.ts';

export interface SshLoginOptions {
  /** The node's name, for messages. */
  node: string;
  target: SshTarget;
  /** Path of an ssh-agent's socket; used in addition to the key file, or instead of one. */
  agent?: string | undefined;
  /** A stream to the target, where it is not reached directly. */
  stream?: Duplex | undefined;
}

export interface SshConnection {
  client: Client;
  /** Says goodbye, and closes the connection where that is not answered. */
  end(): void;
}

/** ms for reaching the machine and logging in; as much again for the connection through a jump host. */
export const loginTimeout = 10_000;
/** A dead connection is noticed after three of these, ms. */
const keepaliveInterval = 5000;
/** ms that the far end has to answer a goodbye. */
const goodbyePatience = 3000;

/** OpenSSH's form of a host key's fingerprint. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Logs in. Rejects with `node.unreachable`, `node.host-key` or `node.auth`. */
export async function logIn(options: SshLoginOptions): Promise<SshConnection> {
  const { node, target, agent } = options;
  if (target.hostKey === undefined) {
    throw new CroftError(
      'node.host-key',
      `No host key is pinned for node ${node}, so nothing proves that ${place(target)} is that machine`,
      {
        node,
        hint: 'Adopt the node with "croft node add", which shows its key and pins it.',
      },
    );
  }
  const credentials: ConnectConfig = {};
  if (target.keyFile !== undefined) credentials.privateKey = await readPrivateKey(node, target.keyFile);
  if (agent !== undefined) credentials.agent = agent;
  let seen: string | undefined;
  const verify = (key: Buffer) => {
    seen = fingerprintOf(key);
    return seen === target.hostKey;
  };
  return await handshake(options, credentials, verify).catch((error: SshError) => {
    if (seen !== undefined && seen !== target.hostKey) throw changedKey(options, seen);
    throw loginError(options, error);
  });
}

/**
 * The fingerprint of the machine's present key, for a user to compare when a node is adopted; no login is made and nothing else is
 * trusted. Rejects with `node.unreachable`.
 */
export async function readFingerprint(options: SshLoginOptions): Promise<string> {
  return fingerprintOf(await readKey(options));
}

/**
 * The machine's whole present key, `TYPE BASE64`, by which other machines are to know it. Rejects with `node.unreachable`, or with
 * `node.host-key` where it is not the pinned one.
 */
export async function readPinnedKey(options: SshLoginOptions): Promise<string> {
  const key = await readKey(options);
  if (fingerprintOf(key) !== options.target.hostKey) throw changedKey(options, fingerprintOf(key));
  const typeLength = key.readUInt32BE(0);
  return `${key.toString('latin1', 4, 4 + typeLength)} ${key.toString('base64')}`;
}

async function readKey(options: SshLoginOptions): Promise<Buffer> {
  let seen: Buffer | undefined;
  const look = (key: Buffer) => {
    seen = Buffer.from(key);
    return false;
  };
  const connection = await handshake(options, {}, look).catch((error: SshError) => {
    if (seen === undefined) throw loginError(options, error);
  });
  connection?.end();
  return seen ?? Buffer.alloc(0);
}

type SshError = Error & { level?: string; code?: unknown };

type Verify = (key: Buffer) => boolean;

function handshake({ target, stream }: SshLoginOptions, credentials: ConnectConfig, verify: Verify): Promise<SshConnection> {
  const client = new ssh2.Client();
  const socket = stream ?? connect({ host: target.address, port: target.port }).setMaxListeners(0);
  /**
   * Where the far end has gone, the stream stays half open until this side closes it: a forwarded stream for ever, a socket until the
   * system stops retransmitting, a quarter of an hour where the machine is dead. The client does not close a half-open stream, even when
   * it is destroyed.
   */
  socket.once('end', () => socket.destroy());
  const end = () => {
    client.end();
    setTimeout(() => socket.destroy(), goodbyePatience).unref();
  };
  return new Promise((resolve, reject) => {
    client.once('ready', () => {
      client.setNoDelay(true);
      resolve({ client, end });
    });
    /** Stays for the client's life: a later loss is reported by `close`, and an `error` without a listener would end the process. */
    client.on('error', (error: SshError) => {
      reject(error);
      socket.destroy();
    });
    const closed = () => reject(new Error('the connection was closed during the login'));
    client.once('end', closed);
    client.once('close', closed);
    client.connect({
      sock: socket,
      username: target.user,
      hostVerifier: verify,
      readyTimeout: loginTimeout,
      keepaliveInterval,
      keepaliveCountMax: 2,
      ...credentials,
    });
  });
}

function place({ user, address, port }: SshTarget): string {
  return `${user}@${address}:${port}`;
}

function changedKey({ node, target }: SshLoginOptions, seen: string): CroftError {
  const message = `The host key of node ${node} (${place(target)}) is ${seen}, but ${target.hostKey} is pinned`;
  const hint =
    'If the machine was reinstalled, compare the new key at its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and adopt it again; else someone may be in between.';
  return new CroftError('node.host-key', message, { node, hint });
}

function loginError({ node, target }: SshLoginOptions, error: SshError): CroftError {
  if (error.level === 'client-authentication' || error.level === 'agent') {
    const key = target.keyFile === undefined ? 'the keys of the agent' : `the key ${target.keyFile}`;
    return new CroftError('node.auth', `Node ${node}: ${place(target)} refused the login with ${key}: ${error.message}`, {
      node,
      cause: error,
      hint: `Append the public key to ~${target.user}/.ssh/authorized_keys on the node, and check the user's name.`,
    });
  }
  return new CroftError('node.unreachable', `Node ${node}: ${place(target)} cannot be reached: ${error.message}`, {
    node,
    cause: error,
    hint: 'Check that the machine is up, its address and port, its SSH server and the firewalls between.',
  });
}
