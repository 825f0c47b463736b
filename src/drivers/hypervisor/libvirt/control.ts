/** Commands to libvirt about the domain of one VM, and never about another VM's domain. */
import { z } from 'zod';
import { type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { ownDomainScript, virshFailure } from '../../../tools/virsh.ts';
import type { NodeLayout, VmReference } from '../driver.ts';
import { domainUuid, type LibvirtOptions, metadataNamespace, ownMark } from './identity.ts';
import { readXml, writeXml, type Xml } from './xml.ts';

/** A VM as it is reached through libvirt. */
export interface DomainReach {
  host: Host;
  layout: NodeLayout;
  options: LibvirtOptions;
  vm: VmReference;
}

/** The arguments by which scripts find the domain, and verify that it belongs to this controller. */
export function domainArguments({ layout, options, vm }: DomainReach): [uri: string, uuid: string, namespace: string, mark: string] {
  return [options.uri, domainUuid(layout, vm.id), metadataNamespace, ownMark(layout, vm.id)];
}

/**
 * Runs virsh's `command` on the domain; `rest` follows the domain. Resolves with the output. `limit` in seconds. Rejects with
 * `vm.not-running` where there is no such domain or it does not run, `node.unfit`, `command.timeout` or `command.failed`.
 */
export async function onDomain(
  reach: DomainReach,
  command: string,
  rest: readonly string[] = [],
  { input, limit = 20 }: { input?: Xml; limit?: number } = {},
): Promise<string> {
  const { host, layout, vm } = reach;
  const result = await run(host, {
    argv: [
      ...(['sh', '-c', ownDomainScript, 'croft-domain'] as const),
      ...[...domainArguments(reach), String(limit)],
      ...[command, domainUuid(layout, vm.id), ...rest],
    ],
    timeout: (limit + 30) * 1000,
    ...(input === undefined ? {} : { stdin: writeXml(input) }),
  });
  if (result.code === 0) return result.stdout;
  throw virshFailure(host.name, `VM ${vm.label} on ${host.name}`, result);
}

const answerSchema = z.object({ return: z.unknown().optional(), error: z.object({ desc: z.string() }).optional() });

/** Passes a command on to the domain's QEMU; `timeout` in ms. Rejects with `command.failed` where QEMU refuses the command. */
export async function monitor(reach: DomainReach, command: string, parameters: Record<string, unknown>, timeout: number): Promise<unknown> {
  const request = JSON.stringify({ execute: command, arguments: parameters });
  const printed = await onDomain(reach, 'qemu-monitor-command', [request], { limit: Math.ceil(timeout / 1000) });
  const answer = answerSchema.parse(JSON.parse(printed));
  if (answer.error === undefined) return answer.return;
  throw new CroftError('command.failed', `VM ${reach.vm.label} on ${reach.host.name}: QEMU refused: ${answer.error.desc}`, {
    node: reach.host.name,
  });
}

/** `shut off` also where there is no such domain. */
export async function domainState(reach: DomainReach): Promise<string> {
  try {
    return (await onDomain(reach, 'domstate', [], { limit: 15 })).trim();
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'vm.not-running') return 'shut off';
    throw thrown;
  }
}

/** The domain as it runs now. */
export async function liveDomain(reach: DomainReach): Promise<Xml> {
  return readXml(await onDomain(reach, 'dumpxml'));
}

/** Repeating the call does no harm. */
export async function resumeDomain(reach: DomainReach): Promise<void> {
  try {
    await onDomain(reach, 'resume');
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || !/already running/.test(thrown.message)) throw thrown;
  }
}
