import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** Bytes of the buffers that somebody holds: without the garbage, whose time is the machine's to choose. */
export const held = (): number => {
  collect()
  return process.memoryUsage().arrayBuffers
}
