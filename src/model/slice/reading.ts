/** What the fields of a slice file are read with, beyond what is written at them. */
import type { InputIssues } from '../input/issues.ts';
import type { VmSpec } from '../vm/fields.ts';
import type { Flavor } from '../vm/flavor.ts';
import type { NetworkDraft, VmDraft } from './draft.ts';
import type { ChosenImage, ImageChoice } from './image.ts';
import type { MeantVms } from './meant-vms.ts';
import type { NicChecker } from './nics.ts';
import type { SubnetPlan } from './subnets.ts';

/** The context that a VM's fields are read with. */
export interface VmReading {
  vm: VmDraft;
  flavors: readonly Flavor[];
  images: ImageChoice;
  /** The image that its label refers to; undefined where there is none, which has an issue. */
  image: ChosenImage | undefined;
  /** The present VM, where it exists. */
  before: VmSpec | undefined;
  /** One for all VMs of the slice. */
  nics: NicChecker;
  meant: MeantVms;
  issues: InputIssues;
}

/** The context that a network's fields are read with. */
export interface NetworkReading {
  network: NetworkDraft;
  /** Undefined where its subnet is invalid, which has an issue. */
  plan: SubnetPlan | undefined;
  issues: InputIssues;
}
