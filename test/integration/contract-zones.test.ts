import { hypervisorContract } from '../contract/hypervisor.ts';
import { openZonesStage } from './zones-stage.ts';

hypervisorContract('zones', () => openZonesStage());
