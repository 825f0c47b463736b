/** Checks the form of a slice file, and reports errors in helpful words. */
import { checkForm, type FormWords } from '../input/form-check.ts';
import { InputIssues, type InputPath, type Locate } from '../input/issues.ts';
import { nicObjectSchema } from '../vm/nic-file.ts';
import { volumeFileSchema } from '../vm/volume-file.ts';
import { impairmentFileSchema, networkFileSchema, type SliceFile, sliceFileSchema, templateSchema, vmFileSchema } from './file.ts';
import { affinityFileSchema, slicePlacementFileSchema, vmPlacementFileSchema } from './placement-file.ts';

/** Reads a value of any origin as a slice file. Throws `input.invalid` with every error of its form. */
export function checkSliceFile(value: unknown, locate?: Locate): SliceFile {
  const issues = new InputIssues(locate);
  const file = checkForm(sliceFileSchema, value, words, issues);
  issues.throwIfAny('The slice file');
  if (file === undefined) throw new Error('a slice file is wrong, and no issue says where');
  return file;
}

const words: FormWords = {
  keysAt,
  alternatives: () => 'a NIC is the name of its network, or { network, address, mac, model }',
};

function keysAt(path: InputPath): string[] {
  if (path.length === 0) return Object.keys(sliceFileSchema.shape);
  if (path.includes('nics')) return Object.keys(nicObjectSchema.shape);
  if (path.includes('volumes')) return Object.keys(volumeFileSchema.shape);
  if (path[0] === 'placement') return Object.keys(slicePlacementFileSchema.shape);
  if (path[path.length - 1] === 'placement') return Object.keys(vmPlacementFileSchema.shape);
  if (path.includes('placement')) return Object.keys(affinityFileSchema.shape);
  if (path[0] === 'networks' && path[2] === 'impair') return Object.keys(impairmentFileSchema.shape);
  if (path[0] === 'networks') return Object.keys(networkFileSchema.shape);
  return Object.keys(path[0] === 'template' ? templateSchema.shape : vmFileSchema.shape);
}
