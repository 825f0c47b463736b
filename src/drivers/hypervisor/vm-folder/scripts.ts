/** The scripts that create, start, change, end and move one VM on its node; each script's file describes its arguments and its output. */
import { readScript } from '../../../host/script.ts';

/** Exit code of prepareFirmware where the node has no UEFI firmware that fits. */
export const noFirmware = 78;
/** Exit code of noteStopping where the VM does not run. */
export const runsNot = 1;
/** Exit code of receiveFile where the received content differs from the sent content. */
export const differs = 45;
/** Exit code where the VM runs: its disks then belong to QEMU alone. */
export const stillRuns = 46;

export const showPrepared = readScript(import.meta.url, 'scripts/show-prepared.sh');
export const prepareFolder = readScript(import.meta.url, 'scripts/prepare-folder.sh');
export const prepareDisk = readScript(import.meta.url, 'scripts/prepare-disk.sh');
export const prepareFirmware = readScript(import.meta.url, 'scripts/prepare-firmware.sh');
export const writeRecord = readScript(import.meta.url, 'scripts/write-record.sh');

export const superviseProcess = readScript(import.meta.url, 'scripts/supervise-process.sh');
export const startProcess = readScript(import.meta.url, 'scripts/start-process.sh');
export const adoptLaunch = readScript(import.meta.url, 'scripts/adopt-launch.sh');

export const lookForProcess = readScript(import.meta.url, 'scripts/look-for-process.sh');
export const noteStopping = readScript(import.meta.url, 'scripts/note-stopping.sh');
export const notePaused = readScript(import.meta.url, 'scripts/note-paused.sh');
export const awaitEnd = readScript(import.meta.url, 'scripts/await-end.sh');
export const endProcess = readScript(import.meta.url, 'scripts/end-process.sh');
export const removeFolders = readScript(import.meta.url, 'scripts/remove-folders.sh');

export const applySnapshot = readScript(import.meta.url, 'scripts/apply-snapshot.sh');
export const finishRevert = readScript(import.meta.url, 'scripts/finish-revert.sh');
export const beginLoad = readScript(import.meta.url, 'scripts/begin-load.sh');
export const endLoad = readScript(import.meta.url, 'scripts/end-load.sh');

export const showSnapshots = readScript(import.meta.url, 'scripts/show-snapshots.sh');
export const keepVariables = readScript(import.meta.url, 'scripts/keep-variables.sh');
export const keepMachine = readScript(import.meta.url, 'scripts/keep-machine.sh');
export const showMachine = readScript(import.meta.url, 'scripts/show-machine.sh');
export const dropCompanions = readScript(import.meta.url, 'scripts/drop-companions.sh');
export const takeSnapshot = readScript(import.meta.url, 'scripts/take-snapshot.sh');
export const dropSnapshot = readScript(import.meta.url, 'scripts/drop-snapshot.sh');

export const showArrivals = readScript(import.meta.url, 'scripts/show-arrivals.sh');
export const discardFolder = readScript(import.meta.url, 'scripts/discard-folder.sh');
export const showUsage = readScript(import.meta.url, 'scripts/show-usage.sh');
export const showRoom = readScript(import.meta.url, 'scripts/show-room.sh');
export const showFiles = readScript(import.meta.url, 'scripts/show-files.sh');
export const sendFile = readScript(import.meta.url, 'scripts/send-file.sh');
export const receiveFile = readScript(import.meta.url, 'scripts/receive-file.sh');
export const settleFiles = readScript(import.meta.url, 'scripts/settle-files.sh');
