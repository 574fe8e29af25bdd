import { natsCli } from "../clients/tools.ts";
import { library } from "../faults/faketime.ts";
import { keptKeycloak } from "./keycloak-dist.ts";

/** What some tests want and not every machine can get: `node dist/test/support/obtain.js keycloak`. */
const OBTAIN: Readonly<Record<string, () => Promise<string>>> = {
  faketime: library,
  keycloak: keptKeycloak,
  async "nats-cli"() {
    const cli = await natsCli({ build: true });
    if (typeof cli === "string") throw new Error(`It wants ${cli}.`);
    return cli.path;
  },
};

const [, , name = ""] = process.argv;
const obtain = OBTAIN[name];
try {
  if (!obtain) throw new Error(`name one of: ${Object.keys(OBTAIN).join(", ")}`);
  console.log(await obtain());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
