/** The roles of a node. */
export const nodeRoles = ['compute', 'network'] as const;
export type NodeRole = (typeof nodeRoles)[number];
