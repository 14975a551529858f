import { mergeConfig, type ViteUserConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

// Files are really written, read and computed over, a hundred times for a property: a busy machine takes its time.
const config: ViteUserConfig = { test: { name: "demo", testTimeout: 20_000 } }

export default mergeConfig(shared, config)
