/** The source and the properties of an image: one entry of an image map, normalised. Plain data. */
import { z } from 'zod';
import { hypervisorNames } from '../node/hypervisor.ts';

export const architectures = ['x86_64', 'aarch64'] as const;
export type Architecture = (typeof architectures)[number];

export const firmwares = ['bios', 'uefi'] as const;
export type Firmware = (typeof firmwares)[number];

export const compressions = ['none', 'gz', 'xz', 'bz2', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

/** Formats that an image may be published in; all but qcow2, raw and iso are converted when they are added to the library. */
export const sourceFormats = ['qcow2', 'raw', 'vmdk', 'vhdx', 'iso'] as const;
export type SourceFormat = (typeof sourceFormats)[number];

export const checksumAlgorithms = ['sha256', 'sha512'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Requirements of an image and defaults for its VMs. `memory` and `disk` in bytes; null is no default. */
export const imageTraitsSchema = z
  .object({
    architecture: z.enum(architectures),
    firmware: z.enum(firmwares),
    /** Its guests read a NoCloud seed. */
    nocloud: z.boolean(),
    /** The hypervisor that its guests need; null for any. */
    backend: z.enum(hypervisorNames).nullable(),
    cpus: z.int().nullable(),
    memory: z.int().nullable(),
    disk: z.int().nullable(),
  })
  .meta({ id: 'ImageTraits' });
export type ImageTraits = z.infer<typeof imageTraitsSchema>;

export const usualTraits: ImageTraits = {
  architecture: 'x86_64',
  firmware: 'bios',
  nocloud: true,
  backend: null,
  cpus: null,
  memory: null,
  disk: null,
};

/** The expected hash of the published file, still compressed. */
export const imageChecksumSchema = z.union([
  z.object({ algorithm: z.enum(checksumAlgorithms), value: z.string() }),
  /** A file of lines such as `HASH  NAME` or `SHA256 (NAME) = HASH`; `file` is the name to look for. */
  z.object({ algorithm: z.enum(checksumAlgorithms), url: z.string(), file: z.string() }),
]);
export type ImageChecksum = z.infer<typeof imageChecksumSchema>;

export const imageDefinitionSchema = z
  .object({
    name: z.string(),
    /** `http:`, `https:` or `file:` URLs of the same file, tried in this order. */
    sources: z.array(z.string()).min(1),
    checksum: imageChecksumSchema.nullable(),
    compression: z.enum(compressions),
    /** Null: detected from the content. */
    format: z.enum(sourceFormats).nullable(),
    traits: imageTraitsSchema,
  })
  .meta({ id: 'ImageDefinition' });
export type ImageDefinition = z.infer<typeof imageDefinitionSchema>;
