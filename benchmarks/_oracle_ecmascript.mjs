// What TypeScript's own resolver says about the imports of a tree: `node _oracle_ecmascript.mjs TYPESCRIPT TREE` prints
// {"edges": [[importer, imported], …], "files": […], "unresolved": [[importer, specifier], …], "version": "…"} with paths
// from the top of TREE.
// TYPESCRIPT is the folder of the `typescript` package. TREE gets the links that an installer would make for
// workspaces; nothing of it is run.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [typescript, tree] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(path.resolve(typescript));
const root = fs.realpathSync(tree);
const sources = /\.[cm]?[jt]sx?$/;

function walk(folder, found = []) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') walk(full, found);
    else if (entry.isFile()) found.push(full);
  }
  return found;
}

const files = walk(root);

function readJson(file) {
  return ts.readConfigFile(file, ts.sys.readFile).config ?? {};
}

// As `npm install` does: node_modules/NAME at the top of each workspace leads to the folder of its member.
function linkWorkspaces() {
  for (const manifest of files.filter((file) => path.basename(file) === 'package.json')) {
    const folder = path.dirname(manifest);
    const declared = readJson(manifest).workspaces;
    let globs = (Array.isArray(declared) ? declared : declared?.packages) ?? [];
    const pnpm = path.join(folder, 'pnpm-workspace.yaml');
    if (fs.existsSync(pnpm)) {
      globs = [...fs.readFileSync(pnpm, 'utf8').matchAll(/^\s*-\s*['"]?([^'"\n]+?)['"]?\s*$/gm)].map((match) => match[1]);
    }
    for (const glob of globs.filter((one) => !one.startsWith('!'))) {
      const pattern = new RegExp(`^${glob.replace(/^\.\//, '').replace(/\/$/, '').replaceAll('**', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '.*')}$`);
      for (const member of files.filter((file) => path.basename(file) === 'package.json')) {
        const place = path.dirname(member);
        const name = readJson(member).name;
        if (!name || !pattern.test(path.relative(folder, place))) continue;
        const link = path.join(folder, 'node_modules', name);
        if (fs.existsSync(link)) continue;
        fs.mkdirSync(path.dirname(link), { recursive: true });
        fs.symlinkSync(place, link, 'dir');
      }
    }
  }
}

const configs = new Map();
function parseConfig(file) {
  if (!configs.has(file)) {
    const parsed = ts.parseJsonConfigFileContent(readJson(file), ts.sys, path.dirname(file), undefined, file);
    configs.set(file, { options: parsed.options, names: new Set(parsed.fileNames), references: parsed.projectReferences ?? [] });
  }
  return configs.get(file);
}

// The nearest configuration, or the one among those it refers to that includes the file.
function optionsFor(file) {
  for (let folder = path.dirname(file); folder.startsWith(root); folder = path.dirname(folder)) {
    const nearest = ['tsconfig.json', 'jsconfig.json'].map((name) => path.join(folder, name)).find(fs.existsSync);
    if (!nearest) continue;
    const own = parseConfig(nearest);
    if (own.names.has(file)) return own.options;
    for (const reference of own.references) {
      const target = fs.existsSync(reference.path) && fs.statSync(reference.path).isDirectory()
        ? path.join(reference.path, 'tsconfig.json') : reference.path;
      if (fs.existsSync(target) && parseConfig(target).names.has(file)) return parseConfig(target).options;
    }
    return own.options;
  }
  return {};
}

linkWorkspaces();
const edges = new Set();
const unresolved = new Set();
const judged = files.filter((file) => sources.test(file));
const host = { ...ts.sys, useCaseSensitiveFileNames: true };
for (const file of judged) {
  const options = { ...optionsFor(file), allowJs: true };
  const kind = ts.getEmitModuleResolutionKind(options);
  // Classic and Node10 know no `exports`; what builds these repositories does.
  if (kind === ts.ModuleResolutionKind.Classic || options.moduleResolution === undefined) {
    options.moduleResolution = ts.ModuleResolutionKind.Bundler;
    options.module = ts.ModuleKind.ESNext;
  }
  const found = ts.preProcessFile(fs.readFileSync(file, 'utf8'), true, true);
  const targets = found.importedFiles.map((one) => {
    const target = ts.resolveModuleName(one.fileName, file, options, host).resolvedModule?.resolvedFileName;
    if (!target) unresolved.add(`${path.relative(root, file)}\n${one.fileName}`);
    return target;
  });
  for (const one of found.referencedFiles) targets.push(path.resolve(path.dirname(file), one.fileName));
  for (const target of targets) {
    if (!target || !fs.existsSync(target)) continue;
    const real = fs.realpathSync(target);
    if (real.startsWith(root + path.sep) && sources.test(real) && real !== file) {
      edges.add(`${path.relative(root, file)}\n${path.relative(root, real)}`);
    }
  }
}
console.log(JSON.stringify({
  edges: [...edges].sort().map((pair) => pair.split('\n')),
  unresolved: [...unresolved].sort().map((pair) => pair.split('\n')),
  files: judged.map((file) => path.relative(root, file)).sort(),
  version: ts.version,
}));
