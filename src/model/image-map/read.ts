/** The text of an image map, read and checked, but for its references: these may name what another map has. */
import { z } from 'zod';
import { checkForm, type FormWords } from '../form-check.ts';
import type { ImageDefinition } from '../image-definition.ts';
import { InputIssues, type InputPath, type Locate } from '../input-issues.ts';
import { imageNameSchema } from '../name.ts';
import { parseYaml } from '../yaml-document.ts';
import { checkTogether, definitionOf, isRecord } from './definition.ts';
import { imageFileSchema } from './image-file.ts';
import type { ImageMap, ImageSize, Reference } from './image-map.ts';
import { labelSchema } from './label.ts';
import { refuseTwiceSaid, resourcesOf, resourcesSchema } from './resources.ts';
import { imageMapSubject } from './subject.ts';

const fileSchema = z.strictObject({
  default_label: labelSchema.nullish(),
  aliases: z.record(imageNameSchema, labelSchema).nullish(),
  sizes: z.record(imageNameSchema, z.unknown()).nullish(),
  images: z.record(imageNameSchema, z.unknown()).nullish(),
});

/**
 * An image map from YAML, in the form of Solstice CI or in Croft's own (docs/image-map.md). `file` is what its user calls it.
 * Throws `input.syntax` or `input.invalid` with line and column of every place that is wrong. `checkReferences` does the rest.
 */
export function readImageMap(text: string, file: string): ImageMap {
  const subject = imageMapSubject([file]);
  const { value, locate } = parseYaml(text, { subject, mergeKeys: true, mostAliases: 1000 });
  const issues = new InputIssues(locate);
  const content = checkForm(fileSchema, value ?? {}, words, issues);
  // What is wrong at the top must not hide what is wrong below it.
  const sizes = entriesOf(value, 'sizes').flatMap(([name, raw]) => sizeOf(name, raw, issues) ?? []);
  const images = entriesOf(value, 'images').flatMap(([name, raw]) => imageOf(name, raw, issues) ?? []);
  issues.throwIfAny(subject);
  const defaultLabel = content?.default_label ?? null;
  return {
    defaultLabel: defaultLabel === null ? null : reference(defaultLabel, file, locate, ['default_label']),
    aliases: new Map(
      Object.entries(content?.aliases ?? {}).map(([name, label]) => [name, reference(label, file, locate, ['aliases', name])]),
    ),
    sizes: new Map(sizes.map((size) => [size.name, size])),
    images: new Map(images.map((image) => [image.name, image])),
  };
}

/** One image from fields as an image map has them. Throws `input.invalid` with every field that is wrong. */
export function readImageDefinition(name: string, fields: unknown): ImageDefinition {
  const issues = new InputIssues();
  const definition = imageOf(name, fields, issues);
  issues.throwIfAny(`The definition of image ${name}`);
  if (definition === undefined) throw new Error(`the definition of image ${name} is wrong without an issue`);
  return definition;
}

const words: FormWords = {
  keysAt(path) {
    if (path.length === 0) return Object.keys(fileSchema.shape);
    return Object.keys(path[0] === 'sizes' || path[2] === 'defaults' ? resourcesSchema.shape : imageFileSchema.shape);
  },
};

function entriesOf(value: unknown, key: string): [string, unknown][] {
  const part = isRecord(value) ? value[key] : undefined;
  return isRecord(part) ? Object.entries(part) : [];
}

function reference(label: string, file: string, locate: Locate, path: InputPath): Reference {
  return { label, file, place: locate(path) };
}

function imageOf(name: string, raw: unknown, issues: InputIssues): ImageDefinition | undefined {
  const path = ['images', name];
  if (isRecord(raw)) checkTogether(raw, path, issues);
  const image = checkForm(imageFileSchema, raw, words, issues, path);
  return image === undefined ? undefined : definitionOf(name, image, path, issues);
}

function sizeOf(name: string, raw: unknown, issues: InputIssues): ImageSize | undefined {
  const path = ['sizes', name];
  if (isRecord(raw)) refuseTwiceSaid(raw, path, issues);
  const size = checkForm(resourcesSchema, raw, words, issues, path);
  if (size === undefined) return undefined;
  const { cpus, memory, disk } = resourcesOf(size);
  if (cpus === null) issues.add(path, 'has no cpus');
  if (memory === null) issues.add(path, 'has no memory');
  return cpus === null || memory === null ? undefined : { name, cpus, memory, disk };
}
