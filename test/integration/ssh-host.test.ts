import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { type Host, run } from '../../src/host/host.ts';
import { createSshHost, publicHostKey, readHostKey, type SshHostOptions } from '../../src/host/ssh-host.ts';
import { freePort } from '../support/free-port.ts';
import { disposable, failing, hostOn } from './ssh-host-stage.ts';
import { makeKey, type Sshd, type SshdOptions, sshdMissing, startSshd, sudoMissing } from './sshd.ts';

async function processes(host: Host): Promise<string> {
  const script = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$file" 2>/dev/null; echo; done';
  return (await run(host, { argv: ['sh', '-c', script] })).stdout;
}

const logins: [string, SshdOptions, string | false][] = [
  ['root', {}, sshdMissing],
  ['sudo -n with a noisy bash', { user: 'croft', shell: '/bin/bash', startup: 'echo noise; printf more >&2\n' }, sudoMissing],
];

for (const [name, options, skip] of logins) {
  describe(`CR8 login ${name}`, { skip, timeout: 90_000 }, () => {
    let sshd: Sshd;
    let host: Host;
    before(async () => {
      sshd = await startSshd(options);
      host = hostOn(sshd);
    });
    after(async () => {
      await host?.close();
      await sshd?.[Symbol.asyncDispose]();
    });

    test('CR8 first uses at the same time share one connection', async () => {
      const results = await Promise.all(Array.from({ length: 12 }, () => run(host, { argv: ['id', '-u'] })));
      assert.deepEqual(new Set(results.map((result) => result.stdout)), new Set(['0\n']));
      assert.equal([...(await processes(host)).matchAll(/^sshd: \w+ \[priv\]|^sshd: root@notty/gm)].length, 1);
      const groupId = options.user === undefined ? 0 : 2000;
      assert.deepEqual(await host.login(), { user: options.user ?? 'root', groupId });
    });

    test('CR8 a batch of 1000 commands is answered in order', async () => {
      const results = await host.batch(Array.from({ length: 1000 }, (_, index) => ({ argv: ['echo', String(index)] as const })));
      assert.deepEqual(
        results.map((result) => result.stdout),
        Array.from({ length: 1000 }, (_, index) => `${index}\n`),
      );
      assert.ok(results.every(({ code, stderr }) => code === 0 && stderr === ''));
    });

    test('CR8 a hung command is killed on the node with all that it started, and stops nobody else', async () => {
      const tag = `9${Date.now()}`;
      const script = `setsid sh -c 'sleep ${tag} & exec sleep ${tag}' >/dev/null 2>&1 & (sleep ${tag} &) ; sleep ${tag}`;
      const hung = run(host, { argv: ['sh', '-c', script], timeout: 700 });
      const others = Array.from({ length: 20 }, () => run(host, { argv: ['echo', 'on'] }));
      assert.ok((await Promise.all(others)).every((result) => result.stdout === 'on\n'));
      await assert.rejects(hung, failing('command.timeout', 'sh -c', 'node1', '0.7 s', 'were killed'));
      assert.ok(!(await processes(host)).includes(tag));
    });

    test('CR8 when all shells hang, what waits runs after them', async () => {
      const hung = Array.from({ length: 4 }, () => run(host, { argv: ['sleep', '9999'], timeout: 300 }));
      const waiting = run(host, { argv: ['echo', 'late'] });
      await Promise.all(hung.map((command) => assert.rejects(command, failing('command.timeout', 'sleep 9999'))));
      assert.equal((await waiting).stdout, 'late\n');
      assert.ok(!(await processes(host)).includes('sleep 9999'));
    });

    test('CR8 what an earlier command left running survives the death of a later one', async () => {
      const left = await run(host, { argv: ['sh', '-c', 'setsid sleep 7777 >/dev/null 2>&1 & echo $!'] });
      const hung = Array.from({ length: 4 }, () => run(host, { argv: ['sleep', '9999'], timeout: 200 }));
      await Promise.all(hung.map((command) => assert.rejects(command, failing('command.timeout'))));
      assert.equal((await run(host, { argv: ['kill', left.stdout.trim()] })).code, 0);
    });

    test('CR8 a killed shell rejects its batch only', async () => {
      const killed = run(host, { argv: ['sh', '-c', 'kill -9 $PPID'] });
      const other = run(host, { argv: ['echo', 'here'] });
      await assert.rejects(killed, failing('node.unreachable', 'node1', 'kill -9'));
      assert.equal((await other).stdout, 'here\n');
      assert.equal((await run(host, { argv: ['echo', 'again'] })).stdout, 'again\n');
    });

    test('CR8 a program takes and gives 50 MB unchanged', async () => {
      const data = randomBytes(50 * 1024 * 1024);
      const program = await host.spawn({ argv: ['cat'] });
      program.stdin.end(data);
      const [stdout, stderr, code] = await Promise.all([buffer(program.stdout), text(program.stderr), program.exited]);
      assert.equal(sha256(stdout), sha256(data));
      assert.equal(stderr, '');
      assert.equal(code, 0);
    });

    test('CR8 a program has its exit code, its words in place, and is killed with its children', async () => {
      const failed = await host.spawn({ argv: ['sh', '-c', 'echo "$1" >&2; exit 3', 'sh', "a'b\n$(id)"] });
      assert.deepEqual(await Promise.all([text(failed.stdout), text(failed.stderr), failed.exited]), ['', "a'b\n$(id)\n", 3]);
      const long = await host.spawn({ argv: ['sh', '-c', '(setsid sleep 8888 &); sleep 8888'] });
      long.stdout.resume();
      long.stderr.resume();
      await long.kill();
      assert.equal(await long.exited, 137);
      assert.ok(!(await processes(host)).includes('sleep 8888'));
      await long.kill();
    });

    test('CR8 a Unix socket is reached as the login; a missing one is named', async () => {
      const path = join(sshd.folder, 'home', 'echo.sock');
      const server = await echoServer(path);
      try {
        await run(host, { argv: ['chmod', '666', path] });
        const socket = await host.connect(path);
        socket.end('through the connection');
        assert.equal(await text(socket), 'through the connection');
      } finally {
        server.close();
      }
      await assert.rejects(host.connect(`${path}.none`), failing('not-found', `${path}.none`));
    });

    test('CR8 close kills what runs, and the next use reconnects', async () => {
      const running = run(host, { argv: ['sleep', '6666'] });
      const program = await host.spawn({ argv: ['sleep', '6666'] });
      const rejected = assert.rejects(running, failing('node.unreachable'));
      await host.close();
      await rejected;
      await program.exited.catch(() => undefined);
      assert.ok(!(await processes(host)).includes('sleep 6666'));
    });

    test('CR8 after a crash of the server the next use reconnects', async () => {
      const running = run(host, { argv: ['sleep', '5555'] });
      const rejected = assert.rejects(running, failing('node.unreachable'));
      await once((await host.spawn({ argv: ['echo', 'up'] })).stdout.resume(), 'end');
      await sshd.kill();
      await rejected;
      await assert.rejects(run(host, { argv: ['true'] }), failing('node.unreachable', '127.0.0.1', 'cannot be reached'));
      await sshd.restart();
      assert.equal((await run(host, { argv: ['echo', 'back'] })).stdout, 'back\n');
    });
  });
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

async function echoServer(path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(path);
  await once(server, 'listening');
  return server;
}

describe('CR8 refusals', { skip: sshdMissing }, () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });
  const refused = async (change: Partial<SshHostOptions['target']>, check: (error: unknown) => boolean) => {
    await using host = hostOn(sshd, change);
    await assert.rejects(run(host, { argv: ['true'] }), check);
  };

  test('CR8 a wrong key names user, address and key file', async () => {
    const keyFile = makeKey(sshd.folder, 'wrong');
    await refused({ keyFile }, failing('node.auth', `root@127.0.0.1:${sshd.target.port}`, keyFile, 'authorized_keys'));
    await refused({ user: 'nobody-here' }, failing('node.auth', 'nobody-here@'));
  });

  test('CR8 a key file that cannot be used says why', async () => {
    await refused({ keyFile: `${sshd.folder}/none` }, failing('node.auth', `${sshd.folder}/none`, 'cannot be read'));
    await refused({ keyFile: makeKey(sshd.folder, 'locked', 'secret') }, failing('node.auth', 'is encrypted', 'ssh-agent'));
    await refused({ keyFile: `${sshd.target.keyFile}.pub` }, failing('node.auth', 'public key'));
    const noKey = join(sshd.folder, 'no-key');
    await writeFile(noKey, 'hello\n');
    await refused({ keyFile: noKey }, failing('node.auth', noKey, 'not a usable private key'));
  });

  test('CR8 a host key must be pinned; it is read once to be shown', async () => {
    await refused({ hostKey: undefined }, failing('node.host-key', 'No host key is pinned', 'croft node add'));
    const { hostKey, ...target } = sshd.target;
    assert.equal(await readHostKey({ name: 'node1', target }), hostKey);
  });

  test('SC9 other machines are told the whole host key, of which the pinned fingerprint is', async () => {
    const file = await readFile(`${sshd.folder}/host.pub`, 'utf8');
    assert.equal(await publicHostKey({ name: 'node1', target: sshd.target }), file.split(' ').slice(0, 2).join(' '));
  });

  test('CR8 a changed host key stops all work and shows both', async () => {
    const pinned = sshd.target.hostKey;
    await sshd.restart({ newHostKey: true });
    const now = await readHostKey({ name: 'node1', target: sshd.target });
    assert.notEqual(now, pinned);
    await assert.rejects(publicHostKey({ name: 'node1', target: sshd.target }), failing('node.host-key', pinned, now));
    await refused({}, failing('node.host-key', pinned, now, 'adopt it again'));
    await using adopted = hostOn(sshd, { hostKey: now });
    assert.equal((await run(adopted, { argv: ['true'] })).code, 0);
  });

  test('CR8 a port where nothing listens is unreachable', async () => {
    const port = await freePort();
    await refused({ port }, failing('node.unreachable', `127.0.0.1:${port}`, 'ECONNREFUSED'));
    await assert.rejects(readHostKey({ name: 'node1', target: { ...sshd.target, port } }), failing('node.unreachable'));
  });
});

test('CR8 a login without sudo gets the line that allows it', { skip: sudoMissing }, async () => {
  await using sshd = await startSshd({ user: 'croft', sudo: false });
  await using host = hostOn(sshd);
  const check = failing('node.sudo', 'sudo', 'croft ALL=(root) NOPASSWD: ALL');
  await assert.rejects(run(host, { argv: ['id'] }), check);
  await assert.rejects(host.spawn({ argv: ['id'] }), check);
  assert.equal((await host.login()).user, 'croft');
});

test('CR8 a login that cannot run commands says so', { skip: sshdMissing }, async () => {
  await using sshd = await startSshd({ user: 'croft', shell: '/usr/sbin/nologin' });
  await using host = hostOn(sshd);
  await assert.rejects(run(host, { argv: ['id'] }), failing('node.auth', 'cannot run commands', 'not available'));
});

test('CR8 a node behind a jump host; each has its own pinned key', { skip: sshdMissing }, async () => {
  await using gate = await startSshd();
  await using inner = await startSshd();
  const target = { ...inner.target, jump: gate.target };
  await using host = disposable(createSshHost({ name: 'node1', target, sudo: null }));
  assert.equal((await run(host, { argv: ['echo', 'inside'] })).stdout, 'inside\n');
  const { hostKey, ...unpinned } = target;
  assert.equal(await readHostKey({ name: 'node1', target: unpinned }), hostKey);

  const wrongGate = { ...target, jump: { ...gate.target, hostKey: inner.target.hostKey } };
  await assert.rejects(
    run(createSshHost({ name: 'node1', target: wrongGate, sudo: null }), { argv: ['true'] }),
    failing('node.host-key', 'jump host', gate.target.hostKey),
  );
  await inner.kill();
  // The first may still meet the connection that is just being lost.
  await assert.rejects(run(host, { argv: ['true'] }), failing('node.unreachable'));
  await assert.rejects(run(host, { argv: ['true'] }), failing('node.unreachable', 'jump host', String(inner.target.port)));
  await inner.restart();
  assert.equal((await run(host, { argv: ['echo', 'back'] })).stdout, 'back\n');
  await gate.kill();
  await assert.rejects(run(host, { argv: ['true'] }), failing('node.unreachable'));
});

test('CR8 an agent serves instead of a key file', { skip: sshdMissing }, async () => {
  await using sshd = await startSshd();
  const { keyFile = '', ...target } = sshd.target;
  await using local = hostOn(sshd);
  const socket = join(sshd.folder, 'agent.sock');
  const agent = await local.spawn({ argv: ['ssh-agent', '-D', '-a', socket] });
  agent.stdout.resume();
  agent.stderr.resume();
  await run(local, { argv: ['sh', '-c', 'until SSH_AUTH_SOCK="$1" ssh-add "$2"; do :; done', 'sh', socket, keyFile], timeout: 10_000 });
  await using host = disposable(createSshHost({ name: 'node1', target, sudo: null, agent: socket }));
  assert.equal((await run(host, { argv: ['echo', 'by agent'] })).stdout, 'by agent\n');
});
