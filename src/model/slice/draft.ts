/** First step from slice file to slice: merges topology, template and own fields, and keeps the position of each field. */
import { parseLabel } from '../image/map/label.ts';
import type { InputIssues, InputPath } from '../input/issues.ts';
import { quoted } from '../input/quote.ts';
import type { NicModel } from '../network/nic-model.ts';
import type { NicFile } from '../vm/nic-file.ts';
import type { NetworkFile, SliceFile, VmFile, VmTemplate } from './file.ts';
import { type TopologyParts, topologyParts, topologySizes } from './topology.ts';

export interface NicDraft {
  path: InputPath;
  network: string;
  model: NicModel;
  address: string | null;
  mac: string | null;
}

export interface VmDraft {
  name: string;
  path: InputPath;
  fields: Omit<VmFile, 'nics'>;
  /** Where a field was written: at the VM or in the template. */
  pathOf(field: keyof VmTemplate): InputPath;
  nics: NicDraft[];
  count: number;
}

export interface NetworkDraft {
  name: string;
  path: InputPath;
  fields: NetworkFile;
}

export interface SliceDraft {
  vms: VmDraft[];
  networks: NetworkDraft[];
}

/** A preset's NICs precede those that the VM or the template adds; in all other fields the VM's own value wins over the template. */
export function draftSlice(file: SliceFile, issues: InputIssues): SliceDraft {
  const preset = presetOf(file, issues);
  const own = new Map(Object.entries(file.vms ?? {}));
  const vmNames = new Set([...preset.vms.keys(), ...own.keys()]);
  const networks = new Map(Object.entries(file.networks ?? {}));
  const networkNames = new Set([...preset.networks.keys(), ...networks.keys()]);
  return {
    vms: [...vmNames].map((name) => draftVm(name, own.get(name), file.template ?? {}, preset.vms.get(name) ?? [])),
    networks: [...networkNames].map((name) => draftNetwork(name, networks.get(name), preset.networks.get(name) ?? null)),
  };
}

function presetOf(file: SliceFile, issues: InputIssues): TopologyParts {
  const none: TopologyParts = { vms: new Map(), networks: new Map() };
  if (file.topology === undefined) {
    if (file.size !== undefined) issues.add(['size'], 'a size needs a topology beside it');
    return none;
  }
  if (file.size === undefined) {
    issues.add(['topology'], 'a topology needs a size beside it: the number of its VMs');
    return none;
  }
  const { least, most } = topologySizes[file.topology];
  if (file.size < least || file.size > most) {
    issues.add(['size'], `a ${file.topology} has ${least} to ${most} VMs, not ${file.size}`);
    return none;
  }
  return topologyParts(file.topology, file.size);
}

function draftVm(name: string, own: VmFile | undefined, template: VmTemplate, presetNetworks: readonly string[]): VmDraft {
  const path: InputPath = own === undefined ? ['topology'] : ['vms', name];
  const inherited = own !== undefined && saysSizes(own) ? withoutSizes(template) : template;
  const pathOf = (field: keyof VmTemplate): InputPath => {
    if (own?.[field] !== undefined) return ['vms', name, field];
    return inherited[field] !== undefined ? ['template', field] : path;
  };
  const added = (own?.nics ?? inherited.nics ?? []).map((nic, index) => draftNic(nic, [...pathOf('nics'), index]));
  const { nics: _, ...fields } = { ...inherited, ...own };
  const nics = [...presetNetworks.map((network) => draftNic(network, path)), ...added];
  return { name, path, fields, pathOf, nics, count: own?.count ?? 1 };
}

/** A VM that names a flavor, or an image with a size, gets its sizes, not those of the template. */
function saysSizes({ flavor, image }: VmFile): boolean {
  return flavor !== undefined || (image !== undefined && (parseLabel(image)?.size ?? null) !== null);
}

function withoutSizes(template: VmTemplate): VmTemplate {
  const { flavor: _flavor, cpus: _cpus, memory: _memory, disk: _disk, ...rest } = template;
  return rest;
}

export function draftNic(nic: NicFile, path: InputPath): NicDraft {
  if (typeof nic === 'string') return { path, network: nic, model: 'virtio', address: null, mac: null };
  return {
    path,
    network: nic.network,
    model: nic.model ?? 'virtio',
    address: nic.address ?? null,
    mac: nic.mac?.toLowerCase() ?? null,
  };
}

function draftNetwork(name: string, own: NetworkFile | undefined, link: [string, string] | null): NetworkDraft {
  const path: InputPath = own === undefined ? ['topology'] : ['networks', name];
  return { name, path, fields: link === null ? { ...own } : { link, ...own } };
}

const mostVms = 1000;

/** Each VM with a count becomes as many VMs: NAME, NAME-2, NAME-3, so that a higher count only adds VMs. */
export function expandCounts(drafts: readonly VmDraft[], issues: InputIssues): VmDraft[] {
  const total = drafts.reduce((sum, draft) => sum + draft.count, 0);
  if (total > mostVms) {
    issues.add(['vms'], `a slice has at most ${mostVms} VMs, these are ${total}`);
    return [];
  }
  const taken = new Set(drafts.map((draft) => draft.name));
  const expanded: VmDraft[] = [];
  for (const draft of drafts) {
    for (let number = 1; number <= draft.count; number += 1) {
      const name = number === 1 ? draft.name : `${draft.name}-${number}`;
      if (number > 1 && taken.has(name))
        issues.add([...draft.path, 'count'], `makes a second VM ${quoted(name)}: names are unique in a slice`);
      else if (name.length > 63) issues.add([...draft.path, 'count'], `the name ${quoted(name)} has more than 63 characters`);
      taken.add(name);
      expanded.push({ ...draft, name, count: 1 });
    }
  }
  return expanded;
}
