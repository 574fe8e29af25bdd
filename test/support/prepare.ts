import { join } from "node:path";
import { pythonPackages } from "../clients/tools.ts";
import { goProgram } from "./go-program.ts";
import { findNatsServer } from "./nats-binary.ts";
import { PROJECT } from "./project.ts";

// Run once before the tests, so that they do not all fetch and build the same at the same time, and
// with `clients` also what they use in other languages. Always exits 0: what could not be had fails
// the tests that need it, each with this same reason.
const GO_PROGRAMS = ["test/reference", "test/clients", "test/clients/intents"];

async function told(work: () => Promise<string>): Promise<void> {
  console.log(await work().catch((error) => (error instanceof Error ? error.message : error)));
}

await told(async () => {
  const { version, from } = await findNatsServer();
  return `nats-server ${version} from ${from}`;
});
if (process.argv.includes("clients")) {
  for (const folder of GO_PROGRAMS) {
    await told(async () => {
      const built = await goProgram(join(PROJECT, folder));
      return built === undefined ? `no Go for ${folder}` : `the Go program of ${folder}`;
    });
  }
  await told(async () => {
    const packages = await pythonPackages();
    return typeof packages === "string" ? `no nats-py: it wants ${packages}` : "nats-py";
  });
}
