/** Compares the ports that exist with the ports that should exist. Pure. */
import type { ObservedPort } from '../drivers/network/driver.ts';
import { isHashOf, type PortPlan } from '../model/node/plan.ts';
import type { Step } from './steps.ts';

export class PortLedger {
  readonly #seen: Map<string, ObservedPort>;
  readonly #unwanted: Set<string>;
  readonly #repairs: PortPlan[] = [];

  constructor(seen: readonly ObservedPort[]) {
    this.#seen = new Map(seen.map((port) => [port.nicId, port]));
    this.#unwanted = new Set(seen.map(({ nicId }) => nicId));
  }

  has(vmId: string): boolean {
    return [...this.#seen.values()].some((port) => port.vmId === vmId);
  }

  /** The ports of this VM belong to another step. */
  leave(vmId: string): void {
    for (const { nicId, vmId: owner } of this.#seen.values()) if (owner === vmId) this.#unwanted.delete(nicId);
  }

  want(ports: readonly PortPlan[]): void {
    for (const port of ports) {
      this.#unwanted.delete(port.nicId);
      const seen = this.#seen.get(port.nicId);
      if (!seen?.healthy || !isHashOf(seen.hash, port)) this.#repairs.push(port);
    }
  }

  steps(): Step[] {
    const names = [...this.#unwanted].map((nicId) => this.#seen.get(nicId)?.name ?? '').filter((name) => name !== '');
    const steps: Step[] = [];
    if (names.length > 0) steps.push({ kind: 'detach', names });
    if (this.#repairs.length > 0) steps.push({ kind: 'repairPorts', ports: this.#repairs });
    return steps;
  }
}
