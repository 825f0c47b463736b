/** The record of a node's underlay: a file in its run folder, written last, so the file's presence means a complete underlay. */
import type { Call } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { NetworkDriverKind } from '../../model/network/drivers.ts';
import { type TrunkPlan, type UnderlayKind, type UnderlayPlan, underlayPlanSchema } from '../../model/network/underlay.ts';
import { planHash } from '../../model/node/plan.ts';
import { versionedForm } from '../../model/versioned.ts';
import { writeFile } from '../../tools/file.ts';
import type { NodeLayout } from '../hypervisor/driver.ts';
import type { ObservedUnderlay } from './driver.ts';

const fileName = 'underlay.json';

const recordForm = versionedForm({ what: 'the underlay', schema: underlayPlanSchema });

export function underlayPath({ runFolder }: NodeLayout): string {
  return `${runFolder}/${fileName}`;
}

export function recordUnderlay({ runFolder }: NodeLayout, plan: UnderlayPlan): Call<void> {
  return writeFile(runFolder, fileName, `${recordForm.write(plan)}\n`);
}

/** Null where there is no readable record: the underlay is made again then. */
export function readUnderlayPlan(text: string): UnderlayPlan | null {
  try {
    return recordForm.read(text, 'the node');
  } catch {
    return null;
  }
}

/** The observation of a driver that joins nodes by trunks alone. `faultsOf`: the faults of an underlay, human-readable. */
export function observedTrunk(plan: UnderlayPlan | null, faultsOf: (plan: TrunkPlan) => string[]): ObservedUnderlay {
  if (plan?.kind !== 'trunk') return { hash: null, healthy: false, faults: ['it is not complete'] };
  const faults = faultsOf(plan);
  return { hash: planHash(plan), healthy: faults.length === 0, faults };
}

/** The plan as a trunk's plan. Throws `unsupported` for another kind. */
export function requireTrunk(node: string, driver: NetworkDriverKind, plan: UnderlayPlan): TrunkPlan {
  if (plan.kind === 'trunk') return plan;
  throw unsupportedUnderlay(node, driver, plan.kind);
}

function unsupportedUnderlay(node: string, driver: NetworkDriverKind, kind: UnderlayKind): CroftError {
  return new CroftError(
    'unsupported',
    `node ${node} cannot be joined to others by ${kind}: its network driver ${driver} has no such underlay`,
    {
      hint: 'Join the node by a VLAN trunk: name its uplink when it is added (croft node add --uplink).',
      node,
    },
  );
}
