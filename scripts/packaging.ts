/**
 * Looks at the packages as a user gets them: builds, packs, lints what was packed, then installs the tarballs into an
 * empty folder, imports every module with plain node, starts every program, and compiles the README examples against the
 * published types.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { findSnippets, isProgram, root } from "./docs/snippets.ts"

interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Readonly<Record<string, string>>
  readonly private?: boolean
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest

/** Runs a command and gives what it printed; the first that fails ends the gate. */
const run = (folder: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { error, status, stdout } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  if (status !== 0) {
    console.error(`${stdout}\nFailed: ${path.basename(command)} ${args.join(" ")} ${error?.message ?? ""}`)
    process.exit(1)
  }
  return stdout
}

const tool = (name: string, ...args: ReadonlyArray<string>): void => {
  process.stdout.write(run(root, path.join(root, "node_modules/.bin", name), ...args))
}

const packages = fs.readdirSync(path.join(root, "packages"))
  .map((name) => ({ name, folder: path.join(root, "packages", name) }))
  .map((entry) => ({ ...entry, manifest: manifestOf(entry.folder) }))
  .filter(({ manifest }) => manifest.private !== true)

/** The ways into a package: itself, and each of its public modules. */
const entrypoints = (folder: string): ReadonlyArray<string> =>
  fs.readdirSync(path.join(folder, "src"))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts" && !isProgram(file))
    .map((file) => `./${path.basename(file, ".ts")}`)

for (const { folder } of packages) {
  for (const built of ["dist", ".tsbuildinfo"]) fs.rmSync(path.join(folder, built), { recursive: true, force: true })
}
tool("tsc", "-b", "tsconfig.build.json")

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "effect-wps-consumer-"))
process.on("exit", () => fs.rmSync(temporary, { recursive: true, force: true }))

const tarballs = packages.map(({ folder }) => {
  const file = run(folder, "npm", "pack", "--silent", "--pack-destination", temporary).trim()
  const tarball = path.join(temporary, file)
  const modules = entrypoints(folder)
  tool("publint", "--strict", tarball)
  tool(
    "attw",
    tarball,
    ...["--profile", "esm-only", "--format", "ascii"],
    ...(modules.length === 0 ? [] : ["--include-entrypoints", ...modules])
  )
  return tarball
})

const examples = findSnippets().filter(({ source }) =>
  source === "README.md" || packages.some(({ name }) => source === `packages/${name}/README.md`)
)
const imported = examples.flatMap(({ code }) =>
  [...code.matchAll(/from "((?:@[^/"]+\/)?[^/"]+)[^"]*"/g)].map(([, name = ""]) => name)
)
/** Optional peers are left out, but for those that another of the packages brings. */
const peersOf = ({ peerDependencies, peerDependenciesMeta }: Manifest): ReadonlyArray<string> =>
  Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true)
const versions: Readonly<Record<string, string>> = manifestOf(root).devDependencies ?? {}
const needed = new Set([
  "@types/node",
  // The declarations of @effect/platform-node name those of ws, which it does not bring.
  "@types/ws",
  "typescript",
  ...packages.flatMap(({ manifest }) => peersOf(manifest)),
  ...imported.filter((name) => name in versions)
])

const consumer = path.join(temporary, "consumer")
fs.mkdirSync(consumer)
const write = (name: string, text: string): void => fs.writeFileSync(path.join(consumer, name), text)
const modules = packages.flatMap(({ folder, manifest }) => [
  manifest.name,
  ...entrypoints(folder).map((entry) => `${manifest.name}${entry.slice(1)}`)
])
write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }))
write(
  "tsconfig.json",
  JSON.stringify({
    compilerOptions: {
      target: "ES2022",
      lib: ["ES2022", "DOM", "DOM.Iterable"],
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: ["node"]
    }
  })
)
write("modules.ts", modules.map((module, index) => `export * as M${index} from "${module}"\n`).join(""))
write(
  "import.mjs",
  modules.map((module) => `await import("${module}")\n`).join("") +
    packages.map(({ manifest }) =>
      `await import("${manifest.name}/internal/x").then(` +
      `() => { throw new Error("${manifest.name}/internal is open") }, ` +
      `(error) => { if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error })\n`
    ).join("")
)
examples.forEach(({ code }, index) => write(`example${index + 1}.ts`, code))

run(
  consumer,
  "npm",
  "install",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  ...tarballs,
  ...[...needed].map((name) => `${name}@${versions[name] ?? "latest"}`)
)
console.log(run(consumer, process.execPath, "import.mjs") + `${modules.length} modules imported by node`)
for (const { manifest } of packages) {
  for (const program of Object.keys(manifest.bin ?? {})) {
    const said = run(consumer, path.join(consumer, "node_modules/.bin", program), "--version").trim()
    if (said !== manifest.version) {
      console.error(`${program} --version says ${said}, and not ${manifest.version}`)
      process.exit(1)
    }
    console.log(`${program} started`)
  }
}
process.stdout.write(run(consumer, path.join(consumer, "node_modules/.bin/tsc"), "-p", "."))
console.log(`${modules.length} modules and ${examples.length} README examples compiled against the packed types`)
