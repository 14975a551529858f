/**
 * Finds every `ts` fence of the documentation (doc comments of the sources, README files, docs) and writes each as a
 * module of its own, so that it can be compiled and run like any other file.
 *
 * A fence that opens with "```ts no-run <reason>" is compiled and not run.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

export const root: string = fileURLToPath(new URL("../..", import.meta.url))

/** Where the modules are written: ignored by git, and inside the repository so that packages resolve. */
const snippetsFolder = path.join(root, ".cache/examples")

export interface Snippet {
  /** The file the fence stands in, from the root, and its line. */
  readonly source: string
  readonly line: number
  readonly code: string
  /** The file the fence is written to. */
  readonly file: string
  /** Why the fence is not run: "" says that no reason was given. */
  readonly noRun: string | undefined
}

const glob = (pattern: string): ReadonlyArray<string> => {
  const walk = (folder: string, parts: ReadonlyArray<string>): ReadonlyArray<string> => {
    const [head, ...rest] = parts
    if (head === undefined || !fs.existsSync(path.join(root, folder))) return []
    const matcher = new RegExp(`^${head.replaceAll(".", "\\.").replaceAll("*", ".*")}$`)
    return fs
      .readdirSync(path.join(root, folder))
      .filter((name) => matcher.test(name))
      .sort()
      .flatMap((name) => rest.length === 0 ? [path.join(folder, name)] : walk(path.join(folder, name), rest))
  }
  return walk("", pattern.split("/"))
}

/** A program runs when it is imported; nobody imports it. */
export const isProgram = (module: string): boolean => path.basename(module) === "bin.ts"

/** The public modules, by path from the root, and those whose exports a public module gives on. */
export const publicModules: ReadonlyArray<string> = ["packages/*/src/*.ts", "packages/testing/src/internal/quirks/*.ts"]
  .flatMap(glob).filter((module) => !isProgram(module))

const markdown = ["README.md", "CONTRIBUTING.md", "docs/*.md", "packages/*/README.md"].flatMap(glob)

const markdownFence = /^```ts\b([^\n]*)\n([\s\S]*?)^```$/gm
const commentFence = /^ *\* ```ts\b([^\n]*)\n([\s\S]*?)^ *\* ```$/gm

const fencesOf = (source: string): ReadonlyArray<Snippet> => {
  const text = fs.readFileSync(path.join(root, source), "utf8")
  const inComment = source.endsWith(".ts")
  return [...text.matchAll(inComment ? commentFence : markdownFence)].map(([, info = "", body = ""], index, all) => {
    const code = inComment ? body.replace(/^ *\* ?/gm, "") : body
    const noRun = /^\s*no-run\b(.*)$/.exec(info)?.[1]?.trim()
    return {
      source,
      line: text.slice(0, all[index]?.index ?? 0).split("\n").length,
      code,
      file: path.join(snippetsFolder, `${source.replaceAll(/[/.]/g, "-")}-${index + 1}.ts`),
      noRun
    }
  })
}

/** Every fence of the repository, in the order of its files. */
export const findSnippets = (): ReadonlyArray<Snippet> => [...markdown, ...publicModules].flatMap(fencesOf)

/** Writes the modules, and removes those that no fence has any more. Two runs at a time do not disturb each other. */
export const writeSnippets = (snippets: ReadonlyArray<Snippet>): void => {
  fs.mkdirSync(snippetsFolder, { recursive: true })
  const written = new Set(snippets.map(({ file }) => file))
  for (const name of fs.readdirSync(snippetsFolder)) {
    if (!written.has(path.join(snippetsFolder, name))) fs.rmSync(path.join(snippetsFolder, name), { force: true })
  }
  for (const { code, file } of snippets) {
    if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== code) fs.writeFileSync(file, code)
  }
}
