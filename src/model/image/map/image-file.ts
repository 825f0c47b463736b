/** One image of an image map as written, in Solstice CI's form, in Croft's own, or mixed: fields are distinguished by name. */
import { z } from 'zod';
import { type Hypervisor, hypervisorNames, traitsOf } from '../../node/hypervisor.ts';
import { type Architecture, type Compression, checksumAlgorithms, firmwares, type SourceFormat, sourceFormats } from '../definition.ts';
import { choice, field } from './field.ts';
import { resourceFields, resourcesSchema } from './resources.ts';
import { sourceField } from './source.ts';

/** Solstice CI's hypervisors are read as Croft's hypervisors for the same guests; its `noop` requires none. */
const backendNames: Readonly<Record<string, Hypervisor | 'any'>> = {
  any: 'any',
  noop: 'any',
  ...Object.fromEntries(hypervisorNames.flatMap((name) => [name, ...traitsOf(name).imageNames].map((word) => [word, name]))),
};

const compressionNames: Readonly<Record<string, Compression>> = {
  none: 'none',
  zstd: 'zstd',
  zst: 'zstd',
  gz: 'gz',
  gzip: 'gz',
  xz: 'xz',
  bz2: 'bz2',
  bzip2: 'bz2',
};

const architectureNames: Readonly<Record<string, Architecture>> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  aarch64: 'aarch64',
  arm64: 'aarch64',
};

const byName = <T extends string>(names: readonly T[]): Readonly<Record<string, T>> =>
  Object.fromEntries(names.map((name) => [name, name]));

const hashField = (digits: number) =>
  field<string>((value) =>
    typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value)
      ? { value: value.toLowerCase() }
      : { wrong: `must be ${digits} hexadecimal digits in quotes` },
  );

export const imageFileSchema = z.strictObject({
  source: sourceField.nullish(),
  sources: z
    .array(sourceField, 'must be a list of URLs')
    .min(1, 'must have at least one URL')
    .max(20, 'may have at most 20 URLs')
    .nullish(),
  /** Croft stores images by content, so this field has no effect beside a source; alone it is the source. */
  local_path: z.string().nullish(),
  sha256: hashField(64).nullish(),
  sha512: hashField(128).nullish(),
  checksums: sourceField.nullish(),
  checksum_algorithm: choice('algorithm', byName(checksumAlgorithms)).nullish(),
  checksum_file: z.string().min(1, 'must be the name of a file').max(255, 'may have at most 255 characters').nullish(),
  decompress: choice('compression', compressionNames).nullish(),
  format: choice('format', byName<SourceFormat>(sourceFormats)).nullish(),
  architecture: choice('architecture', architectureNames).nullish(),
  firmware: choice('firmware', byName(firmwares)).nullish(),
  backend: choice('backend', backendNames).nullish(),
  nocloud: z.boolean().nullish(),
  ...resourceFields,
  defaults: resourcesSchema.nullish(),
});
export type ImageFile = z.infer<typeof imageFileSchema>;
