import { fileURLToPath } from "node:url"
import { defaultServerConditions } from "vite"
import type { ViteUserConfig } from "vitest/config"

const config: ViteUserConfig = {
  esbuild: { target: "es2022" },
  ssr: { resolve: { conditions: ["@effect-wps/source", ...defaultServerConditions] } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: [fileURLToPath(new URL("./vitest.setup.ts", import.meta.url))],
    sequence: { concurrent: true },
    // No test is a race: this ends what hangs, however slow or busy the machine is.
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
}

export default config
