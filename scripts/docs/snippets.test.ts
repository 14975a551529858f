import { execFile } from "node:child_process"
import { describe, it } from "vitest"
import { findSnippets, root, writeSnippets } from "./snippets.ts"

const seconds = 60

const snippets = findSnippets()
writeSnippets(snippets)

/** `runMain` ends the process it runs in, so a fence that calls it gets one of its own. */
const inOwnProcess = (file: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const args = ["--import", "tsx", "--conditions=@effect-wps/source", file]
    execFile(process.execPath, args, { cwd: root, timeout: seconds * 1000 }, (error, stdout, stderr) => {
      if (error === null) resolve()
      else reject(new Error([error.message, stdout, stderr].join("\n")))
    })
  })

/** A fence that is a test declares it while it is imported, which a test may not. */
const isTest = (code: string): boolean => code.includes("@effect/vitest")

describe.sequential("the code of the documentation runs", () => {
  for (const { file, line, source } of snippets.filter(({ code }) => isTest(code))) {
    describe(`${source}:${line}`, () => import(/* @vite-ignore */ file))
  }
  for (const { code, file, line, noRun, source } of snippets.filter(({ code }) => !isTest(code))) {
    it.skipIf(noRun !== undefined)(
      `${source}:${line}`,
      () => /\brunMain\b/.test(code) ? inOwnProcess(file) : import(/* @vite-ignore */ file),
      seconds * 1000
    )
  }
})
