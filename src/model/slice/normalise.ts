/** A slice file as the slice that it means: presets expanded, defaults filled in, every reference and number checked. */

import { InputIssues, type Locate } from '../input/issues.ts';
import { formatAddress, formatSubnet } from '../network/ipv4.ts';
import type { Flavor } from '../vm/flavor.ts';
import { userDataOf } from './cloud-config.ts';
import { draftSlice, expandCounts, type NetworkDraft, type VmDraft } from './draft.ts';
import type { SliceFile } from './file.ts';
import { type ChosenImage, chooseImage, type ImageChoice } from './image.ts';
import { impairmentOf } from './impairment.ts';
import { attachLinks } from './links.ts';
import { NicChecker } from './nics.ts';
import { meantVms, refuseContradictions, slicePlacementOf, vmPlacementOf } from './placement.ts';
import { sizesOf } from './sizes.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';
import { planSubnets, type SubnetPlan } from './subnets.ts';
import { volumesOf } from './volumes.ts';

export interface NormaliseContext {
  flavors: readonly Flavor[];
  images: ImageChoice;
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
  const meant = meantVms(
    draft.vms,
    vms.map(({ name }) => name),
  );
  const previous = context.previous?.networks ?? [];
  const subnets = planSubnets(draft.networks, vms, { previous, reserved: context.reserved }, issues);
  const nics = new NicChecker(draft.networks, subnets, issues);
  const spec: SliceSpec = {
    name: file.slice,
    placement: slicePlacementOf(file.placement),
    networks: draft.networks.map((network) => networkSpec(network, subnets.get(network.name), issues)),
    vms: vms.map((vm) => ({ ...vmSpec(vm, nics, context, issues), placement: vmPlacementOf(vm, meant, issues) })),
  };
  refuseContradictions(spec.vms, vms, issues);
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

function vmSpec(vm: VmDraft, nics: NicChecker, context: NormaliseContext, issues: InputIssues): Omit<VmSpec, 'placement'> {
  checkKeys(vm, issues);
  const image = imageOf(vm, context, issues);
  const before = context.previous?.vms.find(({ name }) => name === vm.name);
  const sizes = sizesOf(vm, context.flavors, image, before, issues);
  if (image?.traits.nocloud === false) refuseSeed(vm, image, issues);
  if (image?.isCdRom === true && sizes.disk === null)
    issues.add(vm.path, `the image ${image.name} of VM ${vm.name} is a CD-ROM: give the disk that it is installed on a size`);
  return {
    name: vm.name,
    image: image?.name ?? '',
    ...sizes,
    nics: nics.nicsOf(vm),
    volumes: volumesOf(vm, context.images, before, issues),
    firmware: vm.fields.firmware ?? null,
    restart: vm.fields.restart ?? 'on-failure',
    ...userDataOf(vm, issues),
    sshKeys: vm.fields.sshKeys ?? [],
  };
}

/** A VM without label has the image map's default one. */
function imageOf(vm: VmDraft, { images }: NormaliseContext, issues: InputIssues): ChosenImage | undefined {
  const { image } = vm.fields;
  if (image === undefined && images.map.defaultLabel === null) {
    issues.add(vm.path, `VM ${vm.name} has no image: give it one, or the template`);
    return undefined;
  }
  return chooseImage(images, image ?? null, image === undefined ? vm.path : vm.pathOf('image'), issues);
}

/** Nobody would read it, and nobody would be told. */
function refuseSeed({ fields, pathOf }: VmDraft, image: ChosenImage, issues: InputIssues): void {
  for (const field of ['userData', 'cloudConfig', 'sshKeys'] as const) {
    if (fields[field] !== undefined)
      issues.add(pathOf(field), `guests of the image ${image.name} read no seed (nocloud: false), so this would never reach them`);
  }
}

/** They are in the seed of a VM, which has a limit. */
const mostKeyBytes = 128 * 1024;

/** An OpenSSH public key repeats its type inside its base64 part; a damaged or mixed-up key does not. */
function checkKeys(vm: VmDraft, issues: InputIssues): void {
  const bytes = (vm.fields.sshKeys ?? []).reduce((sum, key) => sum + Buffer.byteLength(key), 0);
  if (bytes > mostKeyBytes)
    issues.add(vm.pathOf('sshKeys'), `the keys of VM ${vm.name} have ${bytes} bytes together; at most ${mostKeyBytes} are possible`);
  for (const [index, key] of (vm.fields.sshKeys ?? []).entries()) {
    const [type = '', encoded = ''] = key.split(' ');
    const decoded = Buffer.from(encoded, 'base64');
    const named = decoded.length > 4 ? decoded.subarray(4, 4 + decoded.readUInt32BE(0)).toString('latin1') : '';
    if (named !== type) issues.add([...vm.pathOf('sshKeys'), index], `not a valid OpenSSH public key: its content is not of type ${type}`);
  }
}
