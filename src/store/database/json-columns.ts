/** The JSON columns, each with its form: how values are written, and read in the version of the Croft that wrote them. */
import { imageDefinitionSchema, imageTraitsSchema } from '../../model/image/definition.ts';
import { imageSchema } from '../../model/image/image.ts';
import { networkSpecSchema } from '../../model/network/fields.ts';
import { nodeImagesSchema, nodeSpecsSchema, storedNodeConfigSchema } from '../../model/node/node.ts';
import { sliceSpecSchema } from '../../model/slice/slice.ts';
import { type Form, Unreadable, versionedForm } from '../../model/versioned.ts';
import { vmSpecSchema } from '../../model/vm/fields.ts';
import { parsedOnce } from './parsed-texts.ts';

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
  slices: { spec: parsedOnce(versionedForm({ what: 'the specification', schema: sliceSpecSchema })) },
  networks: { spec: parsedOnce(versionedForm({ what: 'the specification', schema: networkSpecSchema })) },
  vms: { spec: parsedOnce(versionedForm({ what: 'the specification', schema: vmSpecSchema })) },
} as const;

/** The prepull of an image that no nodes are to keep. */
export const nowhere = forms.images.prepull.write([]);

/** The name of a row in errors, such as `image micro`. */
const titles: Readonly<Record<keyof typeof forms, string>> = {
  ...{ nodes: 'node', images: 'image', image_pulls: 'the pull of image' },
  ...{ slices: 'slice', networks: 'network', vms: 'VM' },
};

/** Whether it is what was seen of a node, which the next pass over the node writes again. */
export function isObserved(table: string, column: string): boolean {
  return table === 'nodes' && column !== 'config';
}

/** The owner of the value, in words. */
export function rowInWords(table: keyof typeof forms, name: unknown): string {
  return `${titles[table]} ${String(name)}`;
}

/** The row's JSON columns, each with its reader; none where the column is null. */
export function jsonOf(
  table: string,
  row: Readonly<Record<string, unknown>>,
): { column: string; form: Form<unknown>; text: string; whose: string }[] {
  const isFormed = (name: string): name is keyof typeof forms => Object.hasOwn(forms, name);
  if (!isFormed(table)) return [];
  return Object.entries<Form<unknown>>(forms[table]).flatMap(([column, form]) => {
    const text = row[column];
    return typeof text === 'string' ? [{ column, form, text, whose: rowInWords(table, row.name ?? row.id) }] : [];
  });
}

/**
 * The values of the readable rows. A row that a newer Croft wrote, or that is damaged, does not affect the others; a request for it by
 * its name gets the error, and so does a request for all unreadable rows.
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
