/** A process that fetches the definition in argv into the home in argv; prints the bytes by which its memory grew, if it is not killed before. */
import path from 'node:path';
import { createImageFetcher } from '../../src/images/fetch/fetch.ts';
import { openImageLibrary } from '../../src/images/library/library.ts';
import { imageDefinitionSchema } from '../../src/model/image/definition.ts';

const [, , home = '', definition = ''] = process.argv;
const library = await openImageLibrary({ folder: path.join(home, 'library') });
const fetcher = createImageFetcher({ library, folder: path.join(home, 'fetch'), proxies: {}, now: Date.now, interval: 1024 ** 2 });
const wanted = imageDefinitionSchema.parse(JSON.parse(definition));
const before = process.memoryUsage.rss();
await fetcher.fetch(wanted);
console.log(process.resourceUsage().maxRSS * 1024 - before);
