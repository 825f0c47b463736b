/** The scripts for the domains of VMs on their node: what each takes and prints stands in its file. */
import { readScript } from '../../../host/script.ts';

/** Exit codes of startDomain: a domain that is not ours has the VM's name or UUID; the network of libvirt's own does not start. */
export const foreignDomain = 46;
export const lostNetwork = 47;

export const startDomain = readScript(import.meta.url, 'scripts/start-domain.sh');
export const noteEnd = readScript(import.meta.url, 'scripts/note-end.sh');
export const forgetStart = readScript(import.meta.url, 'scripts/forget-start.sh');
export const removeDomain = readScript(import.meta.url, 'scripts/remove-domain.sh');
export const observeDomains = readScript(import.meta.url, 'scripts/observe-domains.sh');
