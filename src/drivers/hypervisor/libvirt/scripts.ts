/** The scripts for the domains of VMs on their node; each script's file describes its arguments and its output. */
import { readScript } from '../../../host/script.ts';

/** Exit codes of startDomain: a foreign domain has the VM's name or UUID; libvirt's own network does not start. */
export const foreignDomain = 46;
export const lostNetwork = 47;

export const startDomain = readScript(import.meta.url, 'scripts/start-domain.sh');
export const noteEnd = readScript(import.meta.url, 'scripts/note-end.sh');
export const forgetStart = readScript(import.meta.url, 'scripts/forget-start.sh');
export const removeDomain = readScript(import.meta.url, 'scripts/remove-domain.sh');
export const observeDomains = readScript(import.meta.url, 'scripts/observe-domains.sh');
