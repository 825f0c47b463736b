/** The screen of a VM in a zone, which is a socket of bhyve below the zone's root. */
import { Duplex } from 'node:stream';
import type { HostProcess } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { screenSocket, zonePlaces } from './names.ts';

const relay = readScript(import.meta.url, 'scripts/relay.sh');

/** Rejects with `not-found` where the socket does not exist: the VM does not run. */
export async function openZoneScreen(node: NodeReach, vm: VmReference): Promise<Duplex> {
  const { host, layout } = node;
  const { temporary } = zonePlaces(layout, vm.id);
  const program = await host.spawn({ argv: ['sh', '-c', relay, 'croft-relay', temporary, screenSocket] });
  const refused = program.exited.then(
    (code) => code,
    () => 1,
  );
  const ready = new Promise<null>((resolve) => program.stderr.once('data', () => resolve(null)));
  const code = await Promise.race([ready, refused]);
  if (code !== null) {
    throw new CroftError('not-found', `VM ${vm.label} has no screen on ${host.name}`, {
      node: host.name,
      hint: 'Check that the VM runs.',
    });
  }
  program.stderr.resume();
  return streamOf(program);
}

/**
 * The input and output of a program as one stream, which closes once all output of the program was read; destroying the stream ends the
 * program.
 */
export function streamOf(program: HostProcess): Duplex {
  const { stdin, stdout } = program;
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk, _encoding, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy(error, done) {
      program.kill().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  stdout.once('end', () => stream.push(null));
  stream.once('end', () => stream.destroy());
  for (const part of [stdin, stdout]) part.once('error', (error) => stream.destroy(error));
  return stream;
}
