/**
 * The fields of a VM's specification. Each field is one entry: its form in a slice file, how it is stored, exported and described,
 * the effect of its change on its VM, and whether it is shown and part of the launch. Everything else derives from this table.
 */
import { z } from 'zod';
import { type Field, type Flagged, flaggedStoredShape, pickFlagged, shapeOf, storedShape } from '../field.ts';
import { shortHash } from '../identifier.ts';
import { firmwares } from '../image/definition.ts';
import { labelSchema } from '../image/map/label.ts';
import { formatSize, sizeRule, sizeSchema } from '../input/unit.ts';
import { anywhere, vmPlacementSchema } from '../placement/placement.ts';
import { vmPlacementInWords } from '../placement/placement-words.ts';
import { bootOrderSchema } from './boot-order.ts';
import { nicSpecSchema, volumeSpecSchema } from './devices.ts';
import { nicDifferences, nicInWords } from './nic-diff.ts';
import { nicFile, nicsFileSchema } from './nic-file.ts';
import { cloudConfigSchema, sshKeysSchema, userDataSchema } from './seed-file.ts';
import { type DifferenceContext, growthEffect, type PartDifference, sizeEffect, type VmEffect, type VmSituation } from './situation.ts';
import { volumeDifferences, volumeInWords } from './volume-diff.ts';
import { volumeFile, volumesFileSchema } from './volume-file.ts';

/** The reaction to a VM that ends by itself. */
export const restartPolicies = ['always', 'on-failure', 'never'] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

interface VmField<Form extends z.ZodType | null, Stored extends z.ZodType, Shown extends boolean, Launched extends boolean>
  extends Field<Form, Stored> {
  /** The effect on a VM when the field changes; none where the words stay the same. */
  change: VmEffect | ((before: z.output<Stored>, after: z.output<Stored>, situation: VmSituation) => VmEffect);
  /** Instead of `change` and `words`, for a list whose entries are added and removed. */
  differences?(before: z.output<Stored>, after: z.output<Stored>, context: DifferenceContext): PartDifference[];
  /** The API shows it with the VM. */
  shown: Shown;
  /** The VM's process is started from the value, unchanged. */
  launched: Launched;
  /** Its row in `vm show`; no row where null. */
  row?(value: z.output<Stored>): [title: string, text: string | null];
}

function field<Form extends z.ZodType | null, Stored extends z.ZodType, Shown extends boolean, Launched extends boolean>(
  entry: VmField<Form, Stored, Shown, Launched>,
): VmField<Form, Stored, Shown, Launched> {
  return entry;
}

const hashInWords = (text: string | null): string | null => (text === null ? null : `hash ${shortHash(16, text)}`);

export const vmFields = {
  image: field({
    form: labelSchema.meta({
      description: "An image, an alias, or one of them with a size; the image map's default label where there is one",
      example: 'debian-12:large',
    }),
    stored: z.string(),
    words: (image) => image,
    introduction: (image) => `image ${image}`,
    change: 'recreate',
    shown: true,
    launched: false,
    row: (image) => ['image', image],
  }),
  cpus: field({
    form: z.int().min(1).max(512),
    stored: z.int(),
    words: String,
    introduction: (cpus) => `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`,
    change: (_before, _after, situation) => sizeEffect(situation),
    shown: true,
    launched: true,
    row: (cpus) => ['CPUs', String(cpus)],
  }),
  /** Bytes. */
  memory: field({
    form: sizeSchema.meta({ description: `32MiB to 4TiB; ${sizeRule}` }),
    stored: z.int(),
    write: formatSize,
    words: formatSize,
    introduction: formatSize,
    change: (_before, _after, situation) => sizeEffect(situation),
    shown: true,
    launched: true,
    row: (memory) => ['memory', formatSize(memory)],
  }),
  /** Bytes; null is the image's own size, which counts as the smallest: a disk grows in place and cannot shrink. */
  disk: field({
    form: sizeSchema.meta({ description: `1MiB to 64TiB, the image's own size by default; ${sizeRule}` }),
    stored: z.int().nullable(),
    default: null,
    write: (size) => formatSize(size ?? 0),
    words: (size) => (size === null ? null : formatSize(size)),
    introduction: (size) => (size === null ? null : `disk ${formatSize(size)}`),
    change: (before, after, situation) => ((after ?? 0) < (before ?? 0) ? 'recreate' : growthEffect(situation)),
    shown: true,
    launched: true,
    row: (size) => ['disk', size === null ? "the image's size" : formatSize(size)],
  }),
  /** Null leaves it to the image. */
  firmware: field({
    form: z.enum(firmwares).meta({ description: "What the VM starts with; the image's own by default" }),
    stored: z.enum(firmwares).nullable(),
    default: null,
    words: (firmware) => firmware,
    introduction: (firmware) => firmware?.toUpperCase() ?? null,
    change: 'restart',
    shown: true,
    launched: false,
    row: (firmware) => ['firmware', firmware?.toUpperCase() ?? "the image's"],
  }),
  restart: field({
    form: z.enum(restartPolicies).meta({ description: 'What happens when the VM ends by itself; on-failure by default' }),
    stored: z.enum(restartPolicies),
    default: 'on-failure',
    words: (policy) => policy,
    change: 'update',
    shown: true,
    launched: false,
  }),
  /** NoCloud user-data: a script that starts with `#!` or a document that starts with `#cloud-config`. */
  userData: field({
    form: userDataSchema,
    stored: z.string().nullable(),
    default: null,
    words: hashInWords,
    change: 'restart',
    shown: false,
    launched: true,
  }),
  /** A `#cloud-config` document that accompanies the script of `userData`. */
  cloudConfig: field({
    form: cloudConfigSchema.meta({ description: 'A #cloud-config document that goes with the script of userData' }),
    stored: z.string().nullable(),
    default: null,
    words: hashInWords,
    change: 'restart',
    shown: false,
    launched: true,
  }),
  sshKeys: field({
    form: sshKeysSchema,
    stored: z.array(z.string()),
    default: [],
    words: (keys) => (keys.length === 0 ? null : `${keys.length} with hash ${shortHash(16, ...keys)}`),
    change: 'restart',
    shown: false,
    launched: true,
  }),
  volumes: field({
    form: volumesFileSchema,
    stored: z.array(volumeSpecSchema),
    default: [],
    write: (volumes) => volumes.map(volumeFile),
    words: (volumes) => volumes.map(volumeInWords).join(', ') || null,
    introduction: (volumes) => volumes.map((volume) => `volume ${volumeInWords(volume)}`).join(', ') || null,
    change: 'restart',
    differences: volumeDifferences,
    shown: true,
    launched: false,
    row: (volumes) => ['volumes', volumes.map(volumeInWords).join(', ') || null],
  }),
  nics: field({
    form: nicsFileSchema,
    stored: z.array(nicSpecSchema),
    write: (nics) => nics.map(nicFile),
    words: (nics) => nics.map(nicInWords).join(', ') || null,
    introduction: (nics) => nics.map(({ network }) => network).join(' and ') || 'no network',
    change: 'restart',
    differences: nicDifferences,
    shown: false,
    launched: false,
  }),
  /** Names of devices, first to last; null for the disk, then the CD-ROMs. See boot-order.ts. */
  bootOrder: field({
    form: bootOrderSchema,
    stored: z.array(z.string()).nullable(),
    default: null,
    words: (order) => order?.join(', ') ?? null,
    introduction: (order) => (order === null ? null : `boots from ${order.join(', ')}`),
    change: 'restart',
    shown: true,
    launched: true,
    row: (order) => ['boots from', order?.join(', ') ?? null],
  }),
  /** Written as `priority` and `placement`. */
  placement: field({
    form: null,
    stored: vmPlacementSchema,
    default: anywhere,
    words: vmPlacementInWords,
    introduction: vmPlacementInWords,
    change: 'update',
    shown: true,
    launched: false,
    row: (placement) => ['asks for', vmPlacementInWords(placement)],
  }),
};

type VmFields = typeof vmFields;
export type VmFieldName = keyof VmFields;

/** A VM as it is stored. */
export const vmSpecSchema = z.object({ name: z.string(), ...storedShape(vmFields) });
export type VmSpec = z.infer<typeof vmSpecSchema>;

/** The part of the specification that the API shows. */
export const shownShape = shapeOf(vmFields, 'shown');
export const shownOf = (spec: VmSpec): Pick<VmSpec, Flagged<VmFields, 'shown'>> => pickFlagged(vmFields, 'shown', spec);

/** The part of the specification that a VM's process is started from, unchanged; kept on nodes. */
export const launchedShape = flaggedStoredShape(vmFields, 'launched');
type LaunchedFields = Pick<VmSpec, Flagged<VmFields, 'launched'>>;
export const launchedOf = (spec: VmSpec): LaunchedFields => pickFlagged(vmFields, 'launched', spec);

/** The differences between two specifications, and the effect of each on the VM. */
export function vmDifferences(before: VmSpec, after: VmSpec, context: DifferenceContext): (PartDifference & { field: VmFieldName })[] {
  const names = Object.keys(vmFields) as VmFieldName[];
  return names.flatMap((name) =>
    differencesOf(vmFields[name], before[name], after[name], context).map((part) => ({ field: name, ...part })),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: a field's values are of its own type.
type AnyVmField = VmField<any, any, boolean, boolean>;

function differencesOf(entry: AnyVmField, before: unknown, after: unknown, context: DifferenceContext): PartDifference[] {
  if (entry.differences !== undefined) return entry.differences(before, after, context);
  const [from, to] = [entry.words(before), entry.words(after)];
  if (from === to) return [];
  const effect = typeof entry.change === 'string' ? entry.change : entry.change(before, after, context.situation);
  return [{ effect, from, to }];
}

/** The rows of `vm show` that are about the specification. */
export function specificationRows(shown: Pick<VmSpec, Flagged<VmFields, 'shown'>>): [title: string, text: string | null][] {
  return Object.entries(vmFields).flatMap(([name, { row }]) => (row === undefined ? [] : [row(Reflect.get(shown, name) as never)]));
}
