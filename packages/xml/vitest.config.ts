import { mergeConfig, type ViteUserConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

// The properties and the cuts at every position take a second alone, and more on a busy machine.
const config: ViteUserConfig = { test: { name: "xml", testTimeout: 30_000 } }

export default mergeConfig(shared, config)
