/** A controller's part in a process of its own, so that it can be killed: brings the image to hosts. Argument: JSON. */
import type { LabHost } from '../lab/lab.ts';
import { openSpread, type SpreadStage } from './image-spread-stage.ts';

const { folder, hosts, image } = JSON.parse(process.argv[2] ?? '') as Pick<SpreadStage, 'folder' | 'image'> & { hosts: LabHost[] };
const { reach, images, close } = await openSpread(folder);
await Promise.all(
  hosts.map(async (lab) => {
    const { host, layout } = reach(lab);
    await images.ensure(host, layout, image);
  }),
);
await close();
