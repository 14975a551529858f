import { mergeConfig, type ViteUserConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

const config: ViteUserConfig = { test: { name: "xml" } }

export default mergeConfig(shared, config)
