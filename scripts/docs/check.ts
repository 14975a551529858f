/**
 * Type-checks every `ts` fence of the documentation, and looks through what the packages export: each export has its
 * `@since` and `@category`, `src/index.ts` lists the modules and nothing else. Exports without an `@example` are
 * listed; they are no failure, because a field or a type often needs none. Of `docs/conformance.md` each test that is named
 * beside an item has the item's id in a title. Lines that install packages name their versions.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { findSnippets, isProgram, publicModules, root, type Snippet } from "./snippets.ts"

const unusedLocal = 6133

const compilerOptions = (): ts.CompilerOptions => {
  const base = ts.readConfigFile(path.join(root, "tsconfig.base.json"), (file) => fs.readFileSync(file, "utf8"))
  return {
    ...ts.convertCompilerOptionsFromJson(
      (base.config as { readonly compilerOptions: object }).compilerOptions,
      root
    ).options,
    types: ["node"],
    typeRoots: [path.join(root, "node_modules/@types")],
    noEmit: true,
    composite: false
  }
}

/** The fences are compiled where they would be written, without being written. */
const compile = (snippets: ReadonlyArray<Snippet>): ReadonlyArray<string> => {
  const byFile = new Map(snippets.map((snippet) => [snippet.file, snippet]))
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (file) => byFile.has(file) || fileExists(file)
  host.readFile = (file) => byFile.get(file)?.code ?? readFile(file)
  const program = ts.createProgram([...byFile.keys()], options, host)

  return snippets.flatMap((snippet) => {
    const file = program.getSourceFile(snippet.file)
    if (file === undefined) return [`${snippet.source}:${snippet.line} was not compiled`]
    const imports = file.statements.filter(ts.isImportDeclaration)
    // A fence names values only to show them; an import that it does not use is a mistake all the same.
    const matters = ({ code, start = 0 }: ts.Diagnostic) =>
      code !== unusedLocal || imports.some((node) => node.pos <= start && start < node.end)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      .filter(matters)
      .map(({ messageText, start = 0 }) =>
        `${snippet.source}:${snippet.line + 1 + file.getLineAndCharacterOfPosition(start).line} ${
          ts.flattenDiagnosticMessageText(messageText, "\n  ")
        }`
      )
  })
}

interface Documented {
  readonly problems: ReadonlyArray<string>
  readonly withoutExample: ReadonlyArray<string>
}

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true

const tagsOf = (node: ts.Node): ReadonlySet<string> => new Set(ts.getJSDocTags(node).map(({ tagName }) => tagName.text))

/** The exports of a block of statements, with the node that carries the doc comment. */
const exportsOf = (statements: ReadonlyArray<ts.Statement>): ReadonlyArray<readonly [name: string, node: ts.Node]> =>
  statements.flatMap((statement): ReadonlyArray<readonly [string, ts.Node]> => {
    if (ts.isExportDeclaration(statement)) {
      return statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map((element) => [element.name.text, element])
        : []
    }
    if (!isExported(statement)) return []
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map((node) => [node.name.getText(), node])
    }
    if (ts.isModuleDeclaration(statement) && statement.body !== undefined && ts.isModuleBlock(statement.body)) {
      return exportsOf(statement.body.statements).map(([name, node]) => [`${statement.name.text}.${name}`, node])
    }
    if (
      ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    ) {
      return [[statement.name?.text ?? "default", statement]]
    }
    return []
  })

const documented = (module: string): Documented => {
  const text = fs.readFileSync(path.join(root, module), "utf8")
  const file = ts.createSourceFile(module, text, ts.ScriptTarget.Latest, true)
  const at = (node: ts.Node) => `${module}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
  const problems = /^(#!.*\n)?\/\*\*[\s\S]*?@since[\s\S]*?\*\//.test(text)
    ? []
    : [`${module}:1 the module has no doc comment with @since`]
  const withoutExample: Array<string> = []
  const seen = new Set<string>()
  for (const [name, node] of exportsOf(file.statements)) {
    const tags = tagsOf(node)
    const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
    // The second overload of a function, or the type beside a value, needs no comment of its own.
    if (tags.has("internal") || (seen.has(name) && !isType && tags.size === 0)) continue
    seen.add(name)
    for (const tag of ["since", "category"]) if (!tags.has(tag)) problems.push(`${at(node)} ${name} has no @${tag}`)
    const category = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === "category")?.comment
    if (typeof category === "string" && category !== category.toLowerCase()) {
      problems.push(`${at(node)} ${name}: write the @category in lower case`)
    }
    if (!isType && !tags.has("example")) withoutExample.push(`${at(node)} ${name}`)
  }
  return { problems, withoutExample }
}

/** What loads an optional package is imported by its own path, so that bundlers of all others do not look for it. */
const byPathOnly: ReadonlySet<string> = new Set(["packages/cwt/src/WorkflowSvg.ts"])

/** `src/index.ts` is the list of the modules beside it. */
const checkIndex = (index: string): ReadonlyArray<string> => {
  const text = fs.readFileSync(path.join(root, index), "utf8")
  const file = ts.createSourceFile(index, text, ts.ScriptTarget.Latest, true)
  const isModule = (name: string) =>
    name.endsWith(".ts") && name !== "index.ts" && !isProgram(name) &&
    !byPathOnly.has(path.join(path.dirname(index), name))
  const beside = fs.readdirSync(path.join(root, path.dirname(index))).filter(isModule)
  const expected = beside.map((name) => `export * as ${path.basename(name, ".ts")} from "./${name}"`)
  const actual = file.statements.map((statement) => statement.getText()).filter((line) => line !== "export {}")
  return [
    ...expected.filter((line) => !actual.includes(line)).map((line) => `${index}: missing ${line}`),
    ...actual.filter((line) => !expected.includes(line)).map((line) => `${index}: not a module of this folder: ${line}`)
  ]
}

const isPublished = (module: string): boolean => {
  const manifest = path.join(root, module.split("/").slice(0, 2).join("/"), "package.json")
  return !/^ {2}"private": true/m.test(fs.readFileSync(manifest, "utf8"))
}

const conformance = "docs/conformance.md"

/** Files without a folder are in `packages/wps/test`, the others in `packages` or where they say. */
const testFile = (name: string): string =>
  name.startsWith("e2e/") ? name : path.join("packages", name.includes("/") ? name : `wps/test/${name}`)

/** Each row begins with the ids of its items and names their tests: every id is in a test, and every test has an id. */
const checkConformance = (): ReadonlyArray<string> =>
  fs.readFileSync(path.join(root, conformance), "utf8").split("\n").flatMap((row, at) => {
    const ids = /^\| ((?:[A-Z]\d+(?:\.\d+)? )+)\|/.exec(row)?.[1]?.trim().split(" ") ?? []
    const tests = [...row.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, name = ""]) => testFile(name))
    const missing = tests.filter((test) => !fs.existsSync(path.join(root, test)))
    const carried = tests.filter((test) => !missing.includes(test)).map((test) => {
      const text = fs.readFileSync(path.join(root, test), "utf8")
      return { test, carries: (id: string) => text.includes(`[${id}]`) }
    })
    const isCarried = (id: string) => carried.some(({ carries }) => carries(id))
    return [
      ...missing.map((test) => `there is no ${test}`),
      ...ids.filter((id) => !isCarried(id)).map((id) => `no test that is named has [${id}] in its title`),
      ...ids.length === 0 ?
        [] :
        carried.filter(({ carries }) => !ids.some(carries)).map(({ test }) => `${test} has none of ${ids.join(", ")}`)
    ].map((problem) => `${conformance}:${at + 1} ${problem}`)
  })

/**
 * A package of Effect's is installed in the version that this project is built with: what npm takes by itself is the next
 * major version, with which nothing fits.
 */
const checkInstalls = (): ReadonlyArray<string> => {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  const pages = [
    "README.md",
    ...["docs", "packages", "examples"].flatMap((folder) =>
      fs.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
        .map((name) => path.join(folder, name))
    )
  ]
  return pages.flatMap((page) =>
    fs.readFileSync(path.join(root, page), "utf8").split("\n").flatMap((line, at) =>
      /^npm (?:install|i) /.test(line)
        ? [...line.matchAll(/ (effect|@effect\/[\w-]+|vitest)(?:@\^([\d.]+))?(?= |$)/g)]
          .filter(([, name = "", version]) =>
            version === undefined || !manifest.devDependencies[name]?.startsWith(`${version}.`)
          )
          .map(([, name]) => `${page}:${at + 1} install ${name}@^${manifest.devDependencies[name ?? ""] ?? "?"}`)
        : []
    )
  )
}

const snippets = findSnippets()
const published = publicModules.filter(isPublished)
const isIndex = (module: string) => path.basename(module) === "index.ts"
const modules = published.filter((module) => !isIndex(module)).map(documented)
const problems = [
  ...snippets
    .filter(({ noRun }) => noRun === "")
    .map(({ line, source }) => `${source}:${line} say after no-run why the code is not run`),
  ...compile(snippets),
  ...modules.flatMap((module) => module.problems),
  ...published.filter(isIndex).flatMap(checkIndex),
  ...checkConformance(),
  ...checkInstalls()
]
const withoutExample = modules.flatMap((module) => module.withoutExample)

if (withoutExample.length > 0) {
  console.log(`${withoutExample.length} exported values have no @example:\n  ${withoutExample.join("\n  ")}\n`)
}
for (const problem of problems) console.error(problem)
console.log(`${snippets.length} examples compiled, ${published.length} modules read, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
