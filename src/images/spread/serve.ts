/**
 * Lets a node pass images on to other nodes: its sshd runs one constant script for one key, and nothing else for it. Images are no
 * secrets of a node, so the script needs no more rights than the login has.
 */
import { type Host, perform } from '../../host/host.ts';
import { readScript } from '../../host/script.ts';
import { CroftError } from '../../model/error.ts';
import { type ImagePlace, imageFolder } from './node-images.ts';

const serveScript = readScript(import.meta.url, 'scripts/serve-image.sh');

const scriptName = 'serve-image';

/** The script with its folder, ready to be a line of authorized_keys: the folder's name has nothing that needs quoting. */
function keyLine(place: ImagePlace, publicKey: string, comment: string): string {
  const [type, key] = publicKey.trim().split(/\s+/);
  const command = `exec /bin/sh ${place.stateFolder}/${scriptName} ${imageFolder(place)} \\"$SSH_ORIGINAL_COMMAND\\"`;
  if (!/^[A-Za-z0-9._/-]+$/.test(place.stateFolder)) throw new CroftError('internal', `${place.stateFolder} cannot stand in a command`);
  return `restrict,command="${command}" ${type} ${key} ${comment}`;
}

const keyScript = readScript(import.meta.url, 'scripts/serve-key.sh');
const writeScript = readScript(import.meta.url, 'scripts/write-program.sh');

export interface ServeKey {
  publicKey: string;
  /** OpenSSH's private key file. */
  privateKey: string;
  /** Ends the line; of letters, digits and dashes, and different for each controller. */
  comment: string;
}

/** Lets the holder of the key fetch images from the node; repeating the call does no harm. Rejects with `command.failed` or `node.*`. */
export async function openToPeers(host: Host, place: ImagePlace, key: ServeKey): Promise<void> {
  const { user } = await host.login();
  const path = `${place.stateFolder}/${scriptName}`;
  await perform(
    host,
    succeeding(host, { argv: ['sh', '-c', writeScript, 'sh', path], stdin: serveScript }),
    succeeding(host, {
      argv: ['sh', '-c', keyScript, 'sh', user, key.comment, place.stateFolder, keyLine(place, key.publicKey, key.comment)],
    }),
  );
}

/** Reverts `openToPeers`; does no harm where that was not called. */
export async function closeToPeers(host: Host, place: ImagePlace, key: Pick<ServeKey, 'comment'>): Promise<void> {
  const { user } = await host.login();
  await perform(
    host,
    succeeding(host, { argv: ['sh', '-c', keyScript, 'sh', user, key.comment, place.stateFolder, ''] }),
    succeeding(host, { argv: ['rm', '-f', `${place.stateFolder}/${scriptName}`] }),
  );
}

function succeeding(host: Host, command: { argv: readonly [string, ...string[]]; stdin?: string }) {
  return {
    command,
    parse: ({ code, stderr }: { code: number; stderr: string }): void => {
      if (code === 0) return;
      throw new CroftError(
        'command.failed',
        `Node ${host.name} cannot be set up to pass images on: ${stderr.trim() || `exit code ${code}`}`,
        {
          node: host.name,
        },
      );
    },
  };
}
