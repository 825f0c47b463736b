/** Nodes, pools and labels that VMs require and that no node has: usually misspelt names. */
import { nearNames } from '../model/input/near-names.ts';
import type { Node } from '../model/node/node.ts';
import type { NodeRequirement } from '../model/placement/node-fit.ts';

export class UnknownTargets {
  readonly #nodes: readonly string[];
  readonly #pools: readonly string[];
  readonly #labels: readonly string[];

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes.map(({ config }) => config.name);
    this.#pools = [...new Set(nodes.map(({ config }) => config.pool))];
    this.#labels = [...new Set(nodes.flatMap(({ config }) => Object.entries(config.labels).map(([label, value]) => `${label}=${value}`)))];
  }

  /** In words, with near names; empty where each requirement is met by some node, if not by a single one. */
  words(requirement: NodeRequirement): string[] {
    const { node, pools, labels } = requirement;
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const noPool = pools.length > 0 && pools.every((pool) => !this.#pools.includes(pool));
    return [
      ...(node === null || this.#nodes.includes(node) ? [] : [`asks for node ${node}, which does not exist${near(node, this.#nodes)}`]),
      ...(noPool ? [`asks for pool ${pools.join(' or ')}, in which no node is${near(pools[0] ?? '', this.#pools)}`] : []),
      ...label
        .filter((asked) => !this.#labels.includes(asked))
        .map((asked) => `asks for the label ${asked}, which no node has${near(asked, this.#labels)}`),
    ];
  }
}

function near(wrong: string, known: readonly string[]): string {
  const names = nearNames(wrong, known);
  return names.length === 0 ? '' : `: did you mean ${names.join(' or ')}?`;
}
