import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// Loaded into a service before its own program: on SIGUSR2 it collects all garbage, and says what is
// left.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // What that flag makes.
process.on("SIGUSR2", () => {
  collect();
  collect(); // What finalizers let go of goes only now.
  const { heapUsed: heap_bytes, external: external_bytes } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ msg: "measured", heap_bytes, external_bytes })}\n`);
});
