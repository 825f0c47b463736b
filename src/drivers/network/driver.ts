/** The interface of network drivers: segments, ports and routers on one node. */
import type { Call, Host } from '../../host/host.ts';
import type { CroftError } from '../../model/error.ts';
import type { NetworkDriverKind } from '../../model/network/drivers.ts';
import type { UnderlayPlan } from '../../model/network/underlay.ts';
import type { PortPlan, RouterPlan } from '../../model/node/plan.ts';
import type { NodeAbilities, NodeLayout } from '../hypervisor/driver.ts';

export interface ObservedPort {
  /** Name of its interface on the node. */
  name: string;
  nicId: string;
  /** Empty where the node no longer says whose it is. */
  vmId: string;
  /** True when tag, filter, impairment and link are all as they should be for `hash`. */
  healthy: boolean;
  /** `planHash` of the PortPlan that it was made from; null when it cannot be read. */
  hash: string | null;
}

export interface ObservedRouter {
  sliceId: string;
  healthy: boolean;
  /** What is not healthy, for a person. */
  faults: string[];
  /** `planHash` of the RouterPlan that it was made from; null when it cannot be read. */
  hash: string | null;
  /** Leases that are taken now. */
  leases: { mac: string; address: string; expiresAt: number }[];
}

export interface ObservedUnderlay {
  healthy: boolean;
  /** What is not healthy, for a person. */
  faults: string[];
  /** `planHash` of the UnderlayPlan that it was made from; null when it cannot be read. */
  hash: string | null;
}

export interface ObservedNetwork {
  underlay: ObservedUnderlay;
  ports: ObservedPort[];
  routers: ObservedRouter[];
}

export type PortOutcome = { vmId: string; error: CroftError | null };

export interface NetworkDriver {
  /** Its entry in src/model/network/drivers.ts says what it can do. */
  readonly kind: NetworkDriverKind;

  /** Everything of this controller on the node, in one call. */
  observe(layout: NodeLayout): Call<ObservedNetwork>;

  /**
   * Brings what joins the node to the others into the planned state; what is right already is left as it is. Rejects with
   * `unsupported` for a kind of underlay that the driver does not have, with `node.unfit` where what it needs does not run, with
   * `network.port` for an uplink that cannot be had.
   */
  ensureUnderlay(host: Host, layout: NodeLayout, abilities: NodeAbilities, underlay: UnderlayPlan): Promise<void>;

  /**
   * Makes the ports of several VMs in as few round trips as it can; all ports of one VM or none. A VM fails with
   * `network.port` also where its node's kernel cannot do an impairment that it asks for.
   */
  attach(host: Host, layout: NodeLayout, ports: readonly PortPlan[]): Promise<PortOutcome[]>;

  /** Removes ports by interface name; those that are gone already do not matter. */
  detach(host: Host, layout: NodeLayout, names: readonly string[]): Promise<void>;

  /** Brings the router into the planned state; what is right already is left as it is. Rejects with `network.router`. */
  ensureRouter(host: Host, layout: NodeLayout, abilities: NodeAbilities, router: RouterPlan): Promise<void>;

  removeRouter(host: Host, layout: NodeLayout, sliceId: string): Promise<void>;

  /** Removes all that this controller made on the node, the bridge too where Croft made it and nothing else is on it. */
  purge(host: Host, layout: NodeLayout): Promise<void>;
}
