/** The interface of network drivers: segments, ports and routers on one node. */
import type { Call } from '../../host/host.ts';
import type { CroftError } from '../../model/error.ts';
import type { NetworkDriverKind, NetworkDriverTraits } from '../../model/network/drivers.ts';
import type { UnderlayPlan } from '../../model/network/underlay.ts';
import type { PortPlan, RouterPlan } from '../../model/node/plan.ts';
import type { DriverNode } from '../hypervisor/driver.ts';

export interface ObservedPort {
  /** Name of its interface on the node. */
  name: string;
  nicId: string;
  /** Empty where the node's records no longer name the owner. */
  vmId: string;
  /** True when tag, filter, impairment and link are all as they should be for `hash`. */
  healthy: boolean;
  /** `planHash` of the PortPlan that the port was made from; null when it cannot be read. */
  hash: string | null;
}

export interface ObservedRouter {
  sliceId: string;
  healthy: boolean;
  /** The faults of the router, human-readable. */
  faults: string[];
  /** `planHash` of the RouterPlan that the router was made from; null when it cannot be read. */
  hash: string | null;
  /** The present leases. */
  leases: { mac: string; address: string; expiresAt: number }[];
}

export interface ObservedUnderlay {
  healthy: boolean;
  /** The faults of the underlay, human-readable. */
  faults: string[];
  /** `planHash` of the UnderlayPlan that the underlay was made from; null when it cannot be read. */
  hash: string | null;
}

export interface ObservedNetwork {
  underlay: ObservedUnderlay;
  ports: ObservedPort[];
  routers: ObservedRouter[];
}

export type PortOutcome = { vmId: string; error: CroftError | null };

export interface NetworkDriver {
  readonly kind: NetworkDriverKind;
  /** Its entry in src/model/network/drivers.ts. */
  readonly traits: NetworkDriverTraits;

  /** Binds the driver to a node. */
  on(node: DriverNode): NodeNetwork;
}

/** A network driver that works on one node. */
export interface NodeNetwork {
  /** As of its driver. */
  readonly kind: NetworkDriverKind;
  readonly traits: NetworkDriverTraits;

  /** Everything of this controller on the node, in one call. */
  observe(): Call<ObservedNetwork>;

  /**
   * Brings the link between the node and the others into the planned state; correct parts are left as they are. Rejects with
   * `unsupported` for a kind of underlay that the driver does not have, with `node.unfit` where a required service does not run, with
   * `network.port` for an uplink that is not available, with `node.unreachable` where the node's abilities are needed and not known yet.
   */
  ensureUnderlay(underlay: UnderlayPlan): Promise<void>;

  /**
   * Creates the ports of several VMs in as few round trips as possible; all ports of a VM or none. A VM fails with `network.port` also
   * where its node's kernel does not support a requested impairment.
   */
  attach(ports: readonly PortPlan[]): Promise<PortOutcome[]>;

  /** Removes ports by interface name; missing ports do not matter. */
  detach(names: readonly string[]): Promise<void>;

  /**
   * Brings the router into the planned state; correct parts are left as they are. Rejects with `network.router`, and with
   * `node.unreachable` as `ensureUnderlay` does.
   */
  ensureRouter(router: RouterPlan): Promise<void>;

  /** Removing a missing router does no harm. */
  removeRouter(sliceId: string): Promise<void>;

  /** Removes everything that this controller made on the node, including the bridge where Croft made it and it has no other ports. */
  purge(): Promise<void>;
}
