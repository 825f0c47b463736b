/** What a node may be used for. */
export const nodeRoles = ['compute', 'network'] as const;
export type NodeRole = (typeof nodeRoles)[number];
