/**
 * Fails on public API without a docblock. Public is what the entry points in package.json "exports" reach: each
 * export, and the members of exported classes and interfaces.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Properties whose name says it all wherever they stand; everything with a unit must say which. */
const selfExplaining = new Set(
  'format width height x y name uri data planes metadata area dtype code message signal kind type'.split(' '),
);

/** Source files behind the package's entry points. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return Object.values(exports)
    .map((target) => target.types)
    .filter((types) => types !== undefined)
    .map((types) => types.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts'));
}

function isHidden(declaration) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Override;
  return (ts.getCombinedModifierFlags(declaration) & hidden) !== 0 || ts.isPrivateIdentifier(declaration.name);
}

/** Whether a member of a class or interface speaks for itself. */
function needsNoWords(declaration) {
  if (isHidden(declaration) || ts.isComputedPropertyName(declaration.name)) return true; // [Symbol.dispose] and the like
  const isProperty = ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration);
  return isProperty && selfExplaining.has(declaration.name.getText());
}

/** Named members that people can reach: properties, accessors, methods, and fields declared in the constructor. */
function membersOf(declaration) {
  const holder = ts.isTypeAliasDeclaration(declaration) ? declaration.type : declaration;
  if (!ts.isClassLike(holder) && !ts.isInterfaceDeclaration(holder) && !ts.isTypeLiteralNode(holder)) return [];
  const fields = holder.members
    .filter(ts.isConstructorDeclaration)
    .flatMap((made) => made.parameters.filter((p) => ts.isParameterPropertyDeclaration(p, made)));
  return [...holder.members.filter((member) => member.name !== undefined), ...fields];
}

/** Whether the symbol, or what its class implements, has words of its own. */
function isDocumented(symbol, checker) {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';
}

/** One line for each undocumented thing among a module's exports. */
function* undocumented(file, program) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(root + file);
  const module = checker.getSymbolAtLocation(source);
  for (const exported of module ? checker.getExportsOfModule(module) : []) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const declarations = (symbol.declarations ?? []).filter(
      (d) => !d.getSourceFile().fileName.includes('node_modules'),
    );
    if (declarations.length === 0) continue;
    if (!isDocumented(symbol, checker) && !isDocumented(exported, checker)) yield where(declarations[0], exported.name);
    for (const member of declarations.flatMap(membersOf).filter((m) => !needsNoWords(m))) {
      const memberSymbol = checker.getSymbolAtLocation(member.name);
      if (memberSymbol && !isDocumented(memberSymbol, checker)) {
        yield where(member, `${exported.name}.${member.name.getText()}`);
      }
    }
  }
}

function where(declaration, name) {
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${file.fileName.replace(root, '')}:${line + 1}  ${name} has no docblock`;
}

const files = entryPoints();
const missing = files.filter((file) => !existsSync(root + file));
const present = files.filter((file) => existsSync(root + file));
const config = ts.getParsedCommandLineOfConfigFile(
  `${root}tsconfig.json`,
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
);
const program = ts.createProgram(
  present.map((file) => root + file),
  config.options,
);
const complaints = new Set(missing.map((file) => `${file} is missing, but package.json exports it`));
for (const file of present) for (const line of undocumented(file, program)) complaints.add(line);
for (const line of complaints) console.log(line);
process.exitCode = complaints.size === 0 ? 0 : 1;
