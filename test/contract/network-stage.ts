/** What the contract of network drivers needs of the world that a driver is tried in, and the short ways through it. */
import assert from 'node:assert/strict';
import type { NodeNetwork, ObservedNetwork, ObservedPort, ObservedRouter } from '../../src/drivers/network/driver.ts';
import { type Host, perform } from '../../src/host/host.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { UnderlayPlan } from '../../src/model/network/underlay.ts';
import { type PortPlan, planHash, type RouterPlan } from '../../src/model/node/plan.ts';

/** Something that can break; `inflict` breaks it from outside of the driver. */
export interface Damage<Subject> {
  what: string;
  inflict(subject: Subject): Promise<void>;
}

/** Something that is not this controller's. */
export interface Foreign extends AsyncDisposable {
  /** Rejects where it is not as it was. */
  intact(): Promise<void>;
}

export interface NetworkStage extends AsyncDisposable {
  /** Bound to a node on which nothing of this controller is yet. */
  driver: NodeNetwork;
  host: Host;
  underlay: UnderlayPlan;
  /** Another one that the node can have, in whose place `underlay` can come again. */
  otherUnderlay: UnderlayPlan;
  damages: {
    underlay: readonly Damage<void>[];
    /** Of a port, by the name of its interface. */
    port: readonly Damage<string>[];
    /** None where the driver has no routers. */
    router: readonly Damage<RouterPlan>[];
  };
  /** The port as one that cannot be made, until it is disposed of. */
  impossible(port: PortPlan): Promise<AsyncDisposable & { port: PortPlan }>;
  /** Makes something that a careless driver would take for that port. `name` is what it would be removed by. */
  foreign(port: PortPlan): Promise<Foreign & { name: string }>;
  /** All that a driver may touch on the node, in words: equal where nothing changed. */
  picture(): Promise<string>;
}

export async function observe({ driver, host }: NetworkStage): Promise<ObservedNetwork> {
  return (await perform(host, driver.observe()))[0];
}

export async function ensureUnderlay({ driver, underlay }: NetworkStage, plan = underlay): Promise<void> {
  await driver.ensureUnderlay(plan);
}

let ports = 0;

/** A port of a VM of its own, or of the one that is named. */
export function portOf(change: Partial<PortPlan> = {}): PortPlan {
  ports += 1;
  const mac = `02:00:00:00:09:${ports.toString(16).padStart(2, '0')}`;
  const place = { mac, address: `10.77.9.${ports}`, segment: 100 + ports };
  return { nicId: newIdentifier(), vmId: newIdentifier(), ...place, model: 'virtio', dhcp: true, impairment: null, ...change };
}

/** Makes ports, all of them. */
export async function attach({ driver }: NetworkStage, ...plans: PortPlan[]): Promise<void> {
  for (const { error } of await driver.attach(plans)) assert.equal(error, null);
}

export async function seenPort(stage: NetworkStage, { nicId }: PortPlan): Promise<ObservedPort | undefined> {
  return (await observe(stage)).ports.find((port) => port.nicId === nicId);
}

/** The port is there as planned; gives its name. */
export async function requireWhole(stage: NetworkStage, plan: PortPlan): Promise<string> {
  const seen = await seenPort(stage, plan);
  assert.ok(seen !== undefined, 'the port is observed');
  const { name, ...rest } = seen;
  assert.deepEqual(rest, { nicId: plan.nicId, vmId: plan.vmId, healthy: true, hash: planHash(plan) });
  return name;
}

/** Removes the ports of these plans. */
export async function detach(stage: NetworkStage, ...plans: PortPlan[]): Promise<void> {
  const nics = new Set(plans.map(({ nicId }) => nicId));
  const names = (await observe(stage)).ports.filter(({ nicId }) => nics.has(nicId)).map(({ name }) => name);
  await stage.driver.detach(names);
}

export async function seenRouter(stage: NetworkStage, sliceId: string): Promise<ObservedRouter | undefined> {
  return (await observe(stage)).routers.find((router) => router.sliceId === sliceId);
}

/** Does nothing at the end of a block. */
export async function nothing(): Promise<void> {}
