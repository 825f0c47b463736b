/** The text of an image map, read and checked, except for its references: these may name entries of another map. */
import { z } from 'zod';
import { checkForm, type FormWords } from '../../input/form-check.ts';
import { InputIssues, type InputPath, type Place } from '../../input/issues.ts';
import { imageNameSchema } from '../../input/name.ts';
import { parseYaml } from '../../input/yaml-document.ts';
import type { ImageDefinition } from '../definition.ts';
import { checkTogether, definitionOf, isRecord } from './definition.ts';
import { imageFileSchema } from './image-file.ts';
import { type ImageMap, type ImageSize, imageMapSubject } from './image-map.ts';

import { labelSchema } from './label.ts';
import { refuseTwiceSaid, resourcesOf, resourcesSchema } from './resources.ts';

const fileSchema = z.strictObject({
  default_label: labelSchema.nullish(),
  aliases: z.record(imageNameSchema, labelSchema).nullish(),
  sizes: z.record(imageNameSchema, z.unknown()).nullish(),
  images: z.record(imageNameSchema, z.unknown()).nullish(),
});

/** The readable part of an image map, and the errors of the rest. */
export interface ExaminedImageMap {
  map: ImageMap;
  issues: InputIssues;
  /** Names of images and sizes that are present and invalid: references to them are no errors. */
  unreadable: { images: ReadonlySet<string>; sizes: ReadonlySet<string> };
}

/**
 * An image map from YAML, in the form of Solstice CI or in Croft's own (docs/image-map.md). `file` is the user's name of the map. Throws
 * `input.syntax` with line and column. `checkImageMap` does the rest, once all maps are merged.
 */
export function examineImageMap(text: string, file: string): ExaminedImageMap {
  const { value, locate: locateIn } = parseYaml(text, { subject: imageMapSubject([file]), file, mergeKeys: true, mostAliases: 1000 });
  const locate = (path: InputPath): Place => ({ line: 1, column: 1, ...locateIn(path), file });
  const issues = new InputIssues(locate);
  checkForm(fileSchema, value ?? {}, words, issues);
  // Errors at the top level must not hide errors below it.
  const [sizes, images] = [entriesOf(value, 'sizes'), entriesOf(value, 'images')];
  const goodSizes = new Map(sizes.flatMap(([name, raw]) => sizeOf(name, raw, issues) ?? []).map((size) => [size.name, size]));
  const goodImages = new Map(images.flatMap(([name, raw]) => imageOf(name, raw, issues) ?? []).map((image) => [image.name, image]));
  const defaultLabel = isRecord(value) ? value.default_label : undefined;
  return {
    map: {
      defaultLabel: isLabel(defaultLabel) ? { label: defaultLabel, place: locate(['default_label']) } : null,
      aliases: new Map(
        entriesOf(value, 'aliases').flatMap(([name, label]) =>
          isLabel(label) ? [[name, { label, place: locate(['aliases', name]) }] as const] : [],
        ),
      ),
      sizes: goodSizes,
      images: goodImages,
    },
    issues,
    unreadable: { images: namesBut(images, goodImages), sizes: namesBut(sizes, goodSizes) },
  };
}

/** As `examineImageMap`; throws `input.invalid` too, with line and column of every error. */
export function readImageMap(text: string, file: string): ImageMap {
  const { map, issues } = examineImageMap(text, file);
  issues.throwIfAny(imageMapSubject([file]));
  return map;
}

function isLabel(value: unknown): value is string {
  return labelSchema.safeParse(value).success;
}

function namesBut(entries: readonly [string, unknown][], good: ReadonlyMap<string, unknown>): Set<string> {
  return new Set(entries.map(([name]) => name).filter((name) => !good.has(name)));
}

/** One image from fields as in an image map. Throws `input.invalid` with every invalid field. */
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
