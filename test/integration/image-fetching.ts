/** A process that fetches the definition in argv into the home in argv, until it is killed. */
import path from 'node:path';
import { createImageFetcher } from '../../src/images/fetch.ts';
import { openImageLibrary } from '../../src/images/library.ts';
import { imageDefinitionSchema } from '../../src/model/image-definition.ts';

const [, , home = '', definition = ''] = process.argv;
const library = await openImageLibrary({ folder: path.join(home, 'library') });
const fetcher = createImageFetcher({ library, folder: path.join(home, 'fetch'), proxies: {}, now: Date.now, interval: 1024 ** 2 });
await fetcher.fetch(imageDefinitionSchema.parse(JSON.parse(definition)));
