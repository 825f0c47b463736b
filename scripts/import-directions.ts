/** Checks every source file against the table of import-rules.ts; says each breach with its reason. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { environmentReaders, type ImportRule, importRules } from './import-rules.ts';

/** All breaches of one file. `file` is its path below src/. Types count: who knows a type depends on it. */
export function breaches(file: string, source: string): string[] {
  const rule = ruleOf(file);
  if (rule === undefined) return [`src/${file}: no rule in scripts/import-rules.ts says what it may import`];
  const found = importsOf(source)
    .filter((one) => !mayImport(rule, file, one))
    .map(({ specifier }) => `src/${file} must not import ${specifier}: ${rule.why}`);
  if (!environmentReaders.has(file) && /\bprocess\.(env|argv)\b/.test(source)) {
    found.push(`src/${file} must not read process.env or process.argv: only main.ts does, and hands values over`);
  }
  return found;
}

function ruleOf(file: string): ImportRule | undefined {
  return importRules
    .filter(({ folder }) => isIn(file, folder))
    .sort((a, b) => b.folder.length - a.folder.length)
    .at(0);
}

interface Import {
  specifier: string;
  /** Nothing of it is left when the program runs. */
  typeOnly: boolean;
}

function mayImport(rule: ImportRule, file: string, { specifier, typeOnly }: Import): boolean {
  if (!specifier.startsWith('.')) {
    return rule.packages.some((name) => name === specifier || (name === 'node:*' && specifier.startsWith('node:')));
  }
  const target = normalize(join(dirname(file), specifier));
  const allowed = typeOnly ? [...rule.from, ...(rule.types ?? [])] : rule.from;
  return ownFolder(rule, target) || allowed.some((folder) => isIn(target, folder));
}

/** A rule for one file leaves it its folder. */
function ownFolder({ folder }: ImportRule, target: string): boolean {
  return isIn(target, folder.endsWith('.ts') ? dirname(folder) : folder) && folder !== 'main.ts';
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function importsOf(source: string): Import[] {
  const statements =
    /^\s*(?:import|export)\s+(?<type>type\s)?[^'";]*?from\s+['"](?<from>[^'"]+)['"]|^\s*import\s+['"](?<bare>[^'"]+)['"]|\bimport\(\s*['"](?<dynamic>[^'"]+)['"]/gm;
  return [...source.matchAll(statements)].flatMap(({ groups }) => {
    const specifier = groups?.from ?? groups?.bare ?? groups?.dynamic;
    return specifier === undefined ? [] : [{ specifier, typeOnly: groups?.type !== undefined }];
  });
}

if (import.meta.main) {
  // Unit tests stand beside their source and may use fakes from anywhere.
  const files = globSync('**/*.ts', { cwd: 'src' }).filter((file) => !file.endsWith('.test.ts'));
  const found = files.sort().flatMap((file) => breaches(file, readFileSync(join('src', file), 'utf8')));
  for (const breach of found) console.error(breach);
  process.exitCode = found.length === 0 ? 0 : 1;
}
