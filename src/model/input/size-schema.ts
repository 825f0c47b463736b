/** A size in a file that users write: text here, read by `parseSize` where it is used. */
import { z } from 'zod';
import { sizePattern, sizeRule } from './unit.ts';

export const sizeSchema = z.string({ error: sizeRule }).regex(sizePattern, sizeRule).meta({ description: sizeRule, example: '256MiB' });
