/** Pinning host keys: the fingerprint of a node without a given one is shown, and accepted by the user or by a flag. */
import { CroftError } from '../../model/error.ts';
import type { NodeConfigInput } from '../../model/node/node.ts';
import type { CliContext } from '../context.ts';
import { confirm } from '../input.ts';

type Ssh = NonNullable<NodeConfigInput['ssh']>;

/** The configuration with the fingerprints of node and jump host; `accept` takes the shown ones without a question. */
export async function pinHostKeys(context: CliContext, config: NodeConfigInput, accept: boolean): Promise<NodeConfigInput> {
  if (config.ssh === undefined) return config;
  const { jump, ...target } = config.ssh;
  const through = jump === undefined ? {} : { jump: await pinned(context, jump, accept) };
  return { ...config, ssh: { ...through, ...(await pinned(context, { ...target, ...through }, accept)) } };
}

async function pinned(context: CliContext, target: Ssh, accept: boolean): Promise<Ssh> {
  if (target.hostKey !== undefined) return target;
  const client = await context.client();
  const { fingerprint } = await client.nodes.hostKey(target);
  const place = `${target.address}${target.port === undefined ? '' : `:${target.port}`}`;
  context.say(`The host key of ${place} is ${fingerprint}`);
  if (!accept) await permit(context, place, fingerprint);
  return { ...target, hostKey: fingerprint };
}

async function permit(context: CliContext, place: string, fingerprint: string): Promise<void> {
  if (context.environment.isTerminal) return await confirm(context, 'Is it the one that the machine itself shows?', '--accept-host-key');
  throw new CroftError('conflict.confirm', `the host key of ${place} was not confirmed: ${fingerprint}`, {
    hint: 'compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the machine, then add --host-key or --accept-host-key',
  });
}
