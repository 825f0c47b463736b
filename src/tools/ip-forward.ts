/** The kernel's switch for forwarding IPv4, of the node and of namespaces. */
import type { Call, Command } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';

const enableScript = readScript(import.meta.url, 'scripts/enable-forwarding.sh');

const restoreScript = readScript(import.meta.url, 'scripts/restore-forwarding.sh');

const routerScript = readScript(import.meta.url, 'scripts/make-forwarder.sh');

/** Switches the node's forwarding on; `undoFile` keeps the former value. */
export function enableForwarding(undoFile: string): Call<void> {
  return forwardingCall({ argv: ['sh', '-c', enableScript, 'sh', undoFile] });
}

/** Reverts `enableForwarding`. */
export function restoreForwarding(undoFile: string): Call<void> {
  return forwardingCall({ argv: ['sh', '-c', restoreScript, 'sh', undoFile] });
}

/** Makes a namespace forward IPv4, announce its addresses when they are set, and ignore IPv6. */
export function makeForwarder(inside: (command: Command) => Command): Call<void> {
  return forwardingCall(inside({ argv: ['sh', '-c', routerScript] }));
}

function forwardingCall(command: Command): Call<void> {
  return {
    command,
    parse(result) {
      if (result.code !== 0) throw new CroftError('network.router', `IP forwarding could not be set: ${result.stderr.trim()}`);
    },
  };
}
