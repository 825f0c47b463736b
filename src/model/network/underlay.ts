/** How the nodes of a cluster are joined, as data: the underlay carries the networks of slices between nodes. Pure. */
import { z } from 'zod';

/** `trunk`: an interface of the node carries each network under a VLAN tag. `vxlan`: frames travel inside UDP from node to node. */
export const underlayKinds = ['trunk', 'vxlan'] as const;
export type UnderlayKind = (typeof underlayKinds)[number];

const common = {
  /** The bridge that joins the VMs of the node; on a system without named bridges, the driver uses other means. */
  bridge: z.string(),
  /** Bytes of the largest packet that the underlay carries; null leaves all interfaces as they are. */
  mtu: z.int().nullable(),
  /** Other nodes, by the addresses that frames are sent to. None on a trunk, whose switches learn addresses. */
  peers: z.array(z.object({ node: z.string(), address: z.ipv4() })),
};

const trunkPlanSchema = z.object({
  kind: z.literal('trunk'),
  ...common,
  /** The interface with the VLANs; null where the node is alone. */
  uplink: z.string().nullable(),
});

/** `address`: where the node itself receives frames. */
const vxlanPlanSchema = z.object({ kind: z.literal('vxlan'), ...common, address: z.ipv4() });

/** The node's link to the other nodes. Its hash is observed on the node, so that another plan, or a lost one, is carried out. */
export const underlayPlanSchema = z.discriminatedUnion('kind', [trunkPlanSchema, vxlanPlanSchema]);
export type UnderlayPlan = z.infer<typeof underlayPlanSchema>;
export type TrunkPlan = z.infer<typeof trunkPlanSchema>;

/** The underlay planned for a node. Every node is on a trunk; a node without an uplink is alone. */
export function underlayOf({ bridge, uplink }: Pick<TrunkPlan, 'bridge' | 'uplink'>): UnderlayPlan {
  return { kind: 'trunk', bridge, uplink, mtu: null, peers: [] };
}
