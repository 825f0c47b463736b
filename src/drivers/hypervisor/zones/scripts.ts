/**
 * The scripts that create, boot and end a VM's zone and its volumes; each script's file describes its arguments and its output. They use
 * only programs that illumos has.
 */
import { readScript } from '../../../host/script.ts';

/** Exit code of startZone where there is no zone that could be booted. */
export const notInstalled = 79;

export const showPrepared = readScript(import.meta.url, 'scripts/show-prepared.sh');
export const prepareVolumes = readScript(import.meta.url, 'scripts/prepare-volumes.sh');
export const prepareVolume = readScript(import.meta.url, 'scripts/prepare-volume.sh');
export const installZone = readScript(import.meta.url, 'scripts/install-zone.sh');
export const writeRecord = readScript(import.meta.url, 'scripts/write-record.sh');
export const writeSeed = readScript(import.meta.url, 'scripts/write-seed.sh');

export const startZone = readScript(import.meta.url, 'scripts/start-zone.sh');

// These end at once: a caller that waits for a guest checks again.
export const lookAtZone = readScript(import.meta.url, 'scripts/look-at-zone.sh');
export const pressPower = readScript(import.meta.url, 'scripts/press-power.sh');
export const forgetEnd = readScript(import.meta.url, 'scripts/forget-end.sh');
export const haltZone = readScript(import.meta.url, 'scripts/halt-zone.sh');

export const removeZone = readScript(import.meta.url, 'scripts/remove-zone.sh');
