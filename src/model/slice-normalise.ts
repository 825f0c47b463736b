/** A slice file as the slice that it means: presets expanded, defaults filled in, every reference and number checked. */
import type { Flavor } from './flavor.ts';
import { InputIssues, type Locate, unknownName } from './input-issues.ts';
import { formatAddress, formatSubnet } from './ipv4.ts';
import { anywhere, usualPlacement } from './placement.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';
import { draftSlice, expandCounts, type NetworkDraft, type VmDraft } from './slice-draft.ts';
import type { SliceFile } from './slice-file.ts';
import { impairmentOf } from './slice-impairment.ts';
import { attachLinks } from './slice-links.ts';
import { NicChecker } from './slice-nics.ts';
import { planSubnets, type SubnetPlan } from './slice-subnets.ts';
import { formatSize, parseSize, sizeRule } from './unit.ts';

export interface NormaliseContext {
  flavors: readonly Flavor[];
  /** Names of the images there are. */
  images: readonly string[];
  /** The slice as it is now: networks that name no subnet keep theirs. Null where it is new. */
  previous: SliceSpec | null;
  /** The range of the transit networks, `a.b.c.d/n`: no network of a slice may overlap it. */
  reserved: string;
  /** Where the file's text is known: gives issues their line and column. */
  locate?: Locate;
}

/** Throws `input.invalid` with everything that is wrong. The same file and context give the same slice. */
export function normaliseSlice(file: SliceFile, context: NormaliseContext): SliceSpec {
  const issues = new InputIssues(context.locate);
  const draft = draftSlice(file, issues);
  attachLinks(draft, issues);
  const vms = expandCounts(draft.vms, issues);
  const previous = context.previous?.networks ?? [];
  const subnets = planSubnets(draft.networks, vms, { previous, reserved: context.reserved }, issues);
  const nics = new NicChecker(draft.networks, subnets, issues);
  const spec: SliceSpec = {
    name: file.slice,
    placement: usualPlacement,
    networks: draft.networks.map((network) => networkSpec(network, subnets.get(network.name), issues)),
    vms: vms.map((vm) => vmSpec(vm, nics, context, issues)),
  };
  issues.throwIfAny('The slice file');
  return spec;
}

/** A network without plan has an issue already, so what stands in for it never leaves this module. */
function networkSpec(network: NetworkDraft, plan: SubnetPlan | undefined, issues: InputIssues): NetworkSpec {
  const { name, fields } = network;
  return {
    name,
    cidr: plan === undefined ? '' : formatSubnet(plan.subnet),
    internet: fields.internet ?? false,
    dhcp: fields.dhcp ?? true,
    gateway: plan === undefined ? '' : formatAddress(plan.gateway),
    link: fields.link !== undefined,
    impairment: impairmentOf(network, issues),
  };
}

function vmSpec(vm: VmDraft, nics: NicChecker, context: NormaliseContext, issues: InputIssues): VmSpec {
  checkKeys(vm, issues);
  return {
    name: vm.name,
    image: imageOf(vm, context.images, issues),
    ...sizesOf(vm, context.flavors, issues),
    nics: nics.nicsOf(vm),
    volumes: [],
    firmware: null,
    restart: vm.fields.restart ?? 'on-failure',
    userData: vm.fields.userData ?? null,
    cloudConfig: null,
    sshKeys: vm.fields.sshKeys ?? [],
    placement: anywhere,
  };
}

function imageOf(vm: VmDraft, images: readonly string[], issues: InputIssues): string {
  const { image } = vm.fields;
  if (image === undefined) issues.add(vm.path, `VM ${vm.name} has no image: give it one, or the template`);
  else if (!images.includes(image)) issues.add(vm.pathOf('image'), unknownName('image', image, images));
  return image ?? '';
}

const defaultFlavor = 'small';

/** Sizes that the VM gives win over those of its flavor. */
function sizesOf(vm: VmDraft, flavors: readonly Flavor[], issues: InputIssues): Pick<VmSpec, 'cpus' | 'memory' | 'disk'> {
  const flavor = flavorOf(vm, flavors, issues);
  return {
    cpus: vm.fields.cpus ?? flavor?.cpus ?? 1,
    memory: sizeOf(vm, 'memory', issues) ?? flavor?.memory ?? 0,
    disk: sizeOf(vm, 'disk', issues) ?? flavor?.disk ?? null,
  };
}

function flavorOf(vm: VmDraft, flavors: readonly Flavor[], issues: InputIssues): Flavor | undefined {
  const { flavor, cpus, memory } = vm.fields;
  if (flavor === undefined && cpus !== undefined && memory !== undefined) return undefined;
  const name = flavor ?? defaultFlavor;
  const found = flavors.find((candidate) => candidate.name === name);
  if (found === undefined)
    issues.add(
      vm.pathOf('flavor'),
      unknownName(
        'flavor',
        name,
        flavors.map((candidate) => candidate.name),
      ),
    );
  return found;
}

const sizeLimits = {
  memory: { least: 32 * 1024 ** 2, most: 4 * 1024 ** 4 },
  disk: { least: 1024 ** 2, most: 64 * 1024 ** 4 },
} as const;

/** Bytes; undefined where the VM does not give it, or gives what is no size. */
function sizeOf(vm: VmDraft, field: 'memory' | 'disk', issues: InputIssues): number | undefined {
  const text = vm.fields[field];
  if (text === undefined) return undefined;
  const bytes = parseSize(text);
  const { least, most } = sizeLimits[field];
  if (bytes === null) issues.add(vm.pathOf(field), sizeRule);
  else if (bytes < least || bytes > most)
    issues.add(vm.pathOf(field), `${text} of ${field} is not between ${formatSize(least)} and ${formatSize(most)}`);
  return bytes ?? undefined;
}

/** An OpenSSH public key repeats its type inside its base64 part; a damaged or mixed-up key does not. */
function checkKeys(vm: VmDraft, issues: InputIssues): void {
  for (const [index, key] of (vm.fields.sshKeys ?? []).entries()) {
    const [type = '', encoded = ''] = key.split(' ');
    const decoded = Buffer.from(encoded, 'base64');
    const named = decoded.length > 4 ? decoded.subarray(4, 4 + decoded.readUInt32BE(0)).toString('latin1') : '';
    if (named !== type) issues.add([...vm.pathOf('sshKeys'), index], `not a valid OpenSSH public key: its content is not of type ${type}`);
  }
}
