/** The columns that hold JSON, each with its form: how it is written, and read in the version of whichever Croft wrote it. */
import { imageDefinitionSchema, imageTraitsSchema } from '../../model/image/definition.ts';
import { imageSchema } from '../../model/image/image.ts';
import { networkSpecSchema } from '../../model/network/fields.ts';
import { nodeImagesSchema, nodeSpecsSchema, storedNodeConfigSchema } from '../../model/node/node.ts';
import { sliceSpecSchema } from '../../model/slice/slice.ts';
import { type Form, Unreadable, versionedForm } from '../../model/versioned.ts';
import { vmSpecSchema } from '../../model/vm/fields.ts';

export const forms = {
  nodes: {
    config: versionedForm({ what: 'the configuration', schema: storedNodeConfigSchema }),
    specs: versionedForm({ what: 'the observed properties', schema: nodeSpecsSchema }),
    images: versionedForm({ what: 'the list of images', schema: nodeImagesSchema }),
  },
  images: {
    traits: versionedForm({ what: 'the properties', schema: imageTraitsSchema }),
    prepull: versionedForm({ what: 'the list of nodes', schema: imageSchema.shape.prepull }),
  },
  image_pulls: { definition: versionedForm({ what: 'the definition', schema: imageDefinitionSchema }) },
  slices: { spec: versionedForm({ what: 'the specification', schema: sliceSpecSchema }) },
  networks: { spec: versionedForm({ what: 'the specification', schema: networkSpecSchema }) },
  vms: { spec: versionedForm({ what: 'the specification', schema: vmSpecSchema }) },
} as const;

/** What an image has for no nodes that are to keep it. */
export const nowhere = forms.images.prepull.write([]);

/** How a row is named in errors, such as `image micro`. */
const titles: Readonly<Record<keyof typeof forms, string>> = {
  ...{ nodes: 'node', images: 'image', image_pulls: 'the pull of image' },
  ...{ slices: 'slice', networks: 'network', vms: 'VM' },
};

/** Whose value it is, in words. */
export function rowInWords(table: keyof typeof forms, name: unknown): string {
  return `${titles[table]} ${String(name)}`;
}

/** The row's columns that hold JSON, each with what reads it; none where the column is null. */
export function jsonOf(table: string, row: Readonly<Record<string, unknown>>): { form: Form<unknown>; text: string; whose: string }[] {
  const isFormed = (name: string): name is keyof typeof forms => Object.hasOwn(forms, name);
  if (!isFormed(table)) return [];
  return Object.entries<Form<unknown>>(forms[table]).flatMap(([column, form]) => {
    const text = row[column];
    return typeof text === 'string' ? [{ form, text, whose: rowInWords(table, row.name ?? row.id) }] : [];
  });
}

/**
 * The values of the rows that can be read. One that a newer Croft wrote, or that is damaged, is no matter of the others; who asks for
 * it by its name is told, and so is who asks for all that is unreadable.
 */
export function readable<Row, Value>(rows: readonly Row[], read: (row: Row) => Value, left: (row: Row) => void = () => undefined): Value[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (thrown) {
      if (!(thrown instanceof Unreadable)) throw thrown;
      left(row);
      return [];
    }
  });
}
