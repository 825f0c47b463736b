/** Names that users give: one DNS label each, so that they can be host names and never need quoting. */
import { z } from 'zod';

const pattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

export const nameRule =
  'a name starts with a letter, has only a–z, 0–9 and "-", ends with a letter or digit, and has at most 63 characters';

/** Sixty-three bytes is the limit of a DNS label, RFC 1035 §2.3.4. */
export const nameSchema = z
  .string()
  // The first broken rule reports all: the words are the same.
  .min(1, { error: nameRule, abort: true })
  .max(63, { error: nameRule, abort: true })
  .regex(pattern, nameRule)
  .meta({ description: nameRule, example: 'web' });

export const imageNameRule =
  'a name of an image, alias or size starts with a letter or digit, has only letters, digits, ".", "_" and "-", and at most 63 characters';

/** Wider than other names, as published images are called `ubuntu-22.04` and the like; never a host name. */
export const imageNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, imageNameRule)
  .meta({ description: imageNameRule, example: 'ubuntu-24.04' });
