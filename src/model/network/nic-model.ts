/** Models of NICs, as a guest sees them. */
export const nicModels = ['virtio', 'e1000', 'rtl8139'] as const;
export type NicModel = (typeof nicModels)[number];
