/** Joins the ends of links with the NICs of their VMs. */
import { type InputIssues, type InputPath, unknownName } from '../input/issues.ts';
import { draftNic, type NetworkDraft, type SliceDraft, type VmDraft } from './draft.ts';

interface LinkEnd {
  network: string;
  path: InputPath;
  vm: VmDraft;
  index: number;
}

/**
 * Each end `web.eth1` must be the NIC of that position; where it is the next free position, the NIC is added to the draft. Any further
 * NIC in a link is an error: a link joins two NICs and no more.
 */
export function attachLinks(draft: SliceDraft, issues: InputIssues): void {
  const ends = draft.networks.flatMap((network) => linkEnds(network, draft.vms, issues));
  ends.sort((one, other) => one.index - other.index);
  for (const end of ends) attachEnd(end, issues);
  refuseThirdNics(draft, ends, issues);
}

function linkEnds(network: NetworkDraft, vms: readonly VmDraft[], issues: InputIssues): LinkEnd[] {
  const ends: LinkEnd[] = [];
  for (const [position, text] of (network.fields.link ?? []).entries()) {
    const path = network.path[0] === 'topology' ? network.path : [...network.path, 'link', position];
    const [name = '', nic = ''] = text.split('.');
    const vm = vms.find((candidate) => candidate.name === name);
    if (vm === undefined)
      issues.add(
        path,
        unknownName(
          'VM',
          name,
          vms.map((candidate) => candidate.name),
        ),
      );
    else if (vm.count > 1) issues.add(path, `VM ${name} has a count of ${vm.count}: an end of a link is one VM`);
    else if (ends[0]?.vm === vm) issues.add(path, 'a link joins two different VMs');
    else ends.push({ network: network.name, path, vm, index: Number(nic.slice('eth'.length)) });
  }
  return ends;
}

function attachEnd({ network, path, vm, index }: LinkEnd, issues: InputIssues): void {
  const there = vm.nics[index];
  if (there === undefined && index === vm.nics.length) vm.nics.push(draftNic(network, path));
  else if (there === undefined) issues.add(path, `VM ${vm.name} has no NIC eth${index}: its next one is eth${vm.nics.length}`);
  else if (there.network !== network) issues.add(path, `eth${index} of VM ${vm.name} is in network ${there.network}, not in ${network}`);
}

function refuseThirdNics(draft: SliceDraft, ends: readonly LinkEnd[], issues: InputIssues): void {
  const links = new Map(draft.networks.flatMap(({ name, fields }) => (fields.link === undefined ? [] : [[name, fields.link] as const])));
  const joined = new Set(ends.map(({ network, vm, index }) => `${network} ${vm.name}.eth${index}`));
  for (const vm of draft.vms) {
    for (const [index, nic] of vm.nics.entries()) {
      const link = links.get(nic.network);
      if (link !== undefined && !joined.has(`${nic.network} ${vm.name}.eth${index}`)) {
        issues.add(
          nic.path,
          `network ${nic.network} is a link between ${link.join(' and ')}; ${vm.name}.eth${index} is not one of its ends`,
        );
      }
    }
  }
}
