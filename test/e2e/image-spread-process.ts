/** A controller's part in a process of its own, so that it can be killed: brings the image to one host. Argument: JSON. */
import type { LabHost } from '../lab/lab.ts';
import { openSpread, type SpreadStage } from './image-spread-stage.ts';

const { folder, host, image } = JSON.parse(process.argv[2] ?? '') as Pick<SpreadStage, 'folder' | 'image'> & { host: LabHost };
const { reach, images, close } = await openSpread(folder);
const { host: node, layout } = reach(host);
await images.ensure(node, layout, image);
await close();
