/** Converts a slice file to its slice: presets expanded, defaults filled in, every reference and number checked. */

import { readFields } from '../field.ts';
import { InputIssues, type Locate } from '../input/issues.ts';
import { networkFields } from '../network/fields.ts';
import { type VmSpec, vmFields } from '../vm/fields.ts';
import type { Flavor } from '../vm/flavor.ts';
import { draftSlice, expandCounts, type VmDraft } from './draft.ts';
import type { SliceFile } from './file.ts';
import { type ChosenImage, chooseImage, type ImageChoice } from './image.ts';
import { attachLinks } from './links.ts';
import { meantVms } from './meant-vms.ts';
import { NicChecker } from './nics.ts';
import { refuseContradictions, slicePlacementOf } from './placement.ts';
import { networkReaders, vmReaders } from './readers.ts';
import type { VmReading } from './reading.ts';
import type { SliceSpec } from './slice.ts';
import { planSubnets } from './subnets.ts';

export interface NormaliseContext {
  flavors: readonly Flavor[];
  images: ImageChoice;
  /** The present slice: networks that name no subnet keep theirs. Null where it is new. */
  previous: SliceSpec | null;
  /** The range of the transit networks, `a.b.c.d/n`: no network of a slice may overlap it. */
  reserved: string;
  /** Where the file's text is known: gives issues their line and column. */
  locate?: Locate;
}

/** Throws `input.invalid` with all errors. The same file and context give the same slice. */
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
    networks: draft.networks.map((network) => ({
      name: network.name,
      ...readFields(networkFields, networkReaders, network.fields, { network, plan: subnets.get(network.name), issues }),
    })),
    vms: vms.map((vm) => vmSpec(vm, { nics, meant, issues }, context)),
  };
  refuseContradictions(spec.vms, vms, issues);
  issues.throwIfAny('The slice file');
  return spec;
}

function vmSpec(vm: VmDraft, given: Pick<VmReading, 'nics' | 'meant' | 'issues'>, context: NormaliseContext): VmSpec {
  const image = imageOf(vm, context, given.issues);
  if (image?.traits.nocloud === false) refuseSeed(vm, image, given.issues);
  const before = context.previous?.vms.find(({ name }) => name === vm.name);
  return { name: vm.name, ...readFields(vmFields, vmReaders, vm.fields, { ...given, ...context, vm, image, before }) };
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

/** No guest would read it, and no user would learn of that. */
function refuseSeed({ fields, pathOf }: VmDraft, image: ChosenImage, issues: InputIssues): void {
  for (const field of ['userData', 'cloudConfig', 'sshKeys'] as const) {
    if (fields[field] !== undefined)
      issues.add(pathOf(field), `guests of the image ${image.name} read no seed (nocloud: false), so this would never reach them`);
  }
}
