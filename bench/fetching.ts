/** A process that fetches the definition in argv into the home in argv, and prints the ms that it took and the bytes by which its memory grew at most. */
import { join } from 'node:path';
import { createImageFetcher } from '../src/images/fetch/fetch.ts';
import { openImageLibrary } from '../src/images/library/library.ts';
import { imageDefinitionSchema } from '../src/model/image/definition.ts';

const [, , home = '', text = ''] = process.argv;
const library = await openImageLibrary({ folder: join(home, 'library') });
const fetcher = createImageFetcher({ library, folder: join(home, 'fetch'), proxies: {}, now: Date.now });
const definition = imageDefinitionSchema.parse(JSON.parse(text));
// Of the process as it is, not of the peak while it started.
const before = process.memoryUsage.rss();
const peakBefore = process.resourceUsage().maxRSS * 1024;
const begun = performance.now();
const { sha256 } = await fetcher.fetch(definition);
const milliseconds = performance.now() - begun;
const peak = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ sha256, milliseconds, growth: peak > peakBefore ? peak - before : 0 }));
