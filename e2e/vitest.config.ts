import { fileURLToPath } from "node:url"
import { mergeConfig, type ViteUserConfig } from "vitest/config"
import shared from "../vitest.shared.ts"

const config: ViteUserConfig = {
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    name: "e2e",
    sequence: { concurrent: false },
    fileParallelism: false,
    testTimeout: 30_000,
    // The first run installs PyWPS.
    hookTimeout: 300_000
  }
}

export default mergeConfig(shared, config)
