/** Links of VMs on illumos: creates and removes virtual NICs with their VLAN and their protection. */
import { perform, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { impairmentInWords } from '../../../model/network/impairment.ts';
import type { PortPlan } from '../../../model/node/plan.ts';
import { protection } from '../../../tools/dladm.ts';
import type { NodeLayout, NodeReach } from '../../hypervisor/driver.ts';
import type { PortOutcome } from '../driver.ts';
import { nicOfVnic, vnicName } from '../names.ts';
import { allowedAddress, isSameDevice, linkBelow } from './observe.ts';
import { plansFolder, portPlanForm, readVnicState, type VnicState } from './state.ts';

/** Time limit for creating or removing the links of a VM, in ms. */
const patience = 60_000;

const makeVnics = readScript(import.meta.url, 'scripts/make-vnics.sh');

const dropVnics = readScript(import.meta.url, 'scripts/drop-vnics.sh');

/** See `NodeNetwork.attach`. A link of a running VM can get other properties, but not another VLAN or MAC. */
export async function attachVnics(node: NodeReach, ports: readonly PortPlan[]): Promise<PortOutcome[]> {
  if (ports.length === 0) return [];
  const { host, layout } = node;
  const [state] = await perform(host, readVnicState(layout));
  const vms = [...Map.groupBy(ports, ({ vmId }) => vmId)];
  const refused = vms.flatMap(([vmId, plans]) => refusal(node, vmId, plans));
  const accepted = vms.filter(([vmId]) => !refused.some((one) => one.vmId === vmId));
  const results = await host.batch(
    accepted.map(([, plans]) => ({
      argv: [
        'sh',
        '-c',
        makeVnics,
        'croft-vnics',
        plansFolder(layout),
        linkBelow(layout),
        protection.join(','),
        ...plans.flatMap((plan) => words(layout, state, plan)),
      ],
      timeout: patience,
    })),
  );
  const outcomes = accepted.map(([vmId, plans], index): PortOutcome => {
    const { code = 0, stderr = '' } = results[index] ?? {};
    return { vmId, error: code === 0 ? null : failure(node, plans, stderr.trim() || `exit code ${code}`) };
  });
  return [...refused, ...outcomes];
}

function words(layout: NodeLayout, state: VnicState, plan: PortPlan): string[] {
  const name = vnicName(layout.controllerId, plan.nicId);
  const present = state.vnics.find((vnic) => vnic.name === name);
  const action = present === undefined ? 'make' : isSameDevice(layout, present, plan) ? 'keep' : 'remake';
  return [name, action, plan.mac.toLowerCase(), String(plan.segment), allowedAddress(plan) ?? '', portPlanForm.write(plan)];
}

/**
 * illumos cannot delay or lose packets; maxbw is one bandwidth for both directions of a link (dladm(8)), and an impairment's is for each.
 */
function refusal({ host }: NodeReach, vmId: string, plans: readonly PortPlan[]): PortOutcome[] {
  const impaired = plans.find(({ impairment }) => impairment !== null);
  if (impaired === undefined) return [];
  const error = new CroftError(
    'network.port',
    `a network of the VM is impaired (${impairmentInWords(impaired.impairment)}), and ${host.name} cannot do that to the link of a zone`,
    { hint: 'Take the impairment off the network, or use a node with another hypervisor for this VM.', node: host.name },
  );
  return [{ vmId, error }];
}

function failure({ host, layout }: NodeReach, plans: readonly PortPlan[], said: string): CroftError {
  const names = plans.map(({ nicId }) => vnicName(layout.controllerId, nicId)).join(', ');
  return new CroftError('network.port', `the links ${names} could not be made over ${linkBelow(layout)} on ${host.name}: ${said}`, {
    hint: /busy/.test(said) ? 'A zone that runs has it: stop the VM.' : `Look at the links on ${host.name}: dladm show-vnic`,
    node: host.name,
  });
}

/** See `NodeNetwork.detach`. */
export async function detachVnics({ host, layout }: NodeReach, names: readonly string[]): Promise<void> {
  const own = names.filter((name) => nicOfVnic(layout.controllerId, name) !== null);
  if (own.length === 0) return;
  const result = await run(host, { argv: ['sh', '-c', dropVnics, 'croft-vnics', plansFolder(layout), ...own], timeout: patience });
  if (result.code === 0) return;
  throw new CroftError(
    'network.port',
    `links could not be removed on ${host.name}: ${result.stderr.trim() || `exit code ${result.code}`}`,
    {
      node: host.name,
    },
  );
}
