import { FaultError } from "../config/index.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, loadAll } from "./load.ts";

/** Says what is wrong with configuration, keys and policy, all of it at once. */
export const check: Command = {
  name: "check",
  summary: "Check configuration, keys and policy, and print every fault as file:line:col",
  example: "nats-sts check --config nats-sts.yaml",
  options: CONFIG_OPTION,
  async run(args, io) {
    try {
      const { config, policy } = await loadAll(args, io);
      io.out(
        `${config.file}: ok (${config.issuers.length} issuers, ${config.accounts.length} accounts, policy ${policy.digest.slice(0, 16)})`,
      );
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      io.err(error.message);
      io.err(`${error.faults.length} ${error.faults.length === 1 ? "fault" : "faults"}`);
      return EXIT.no;
    }
  },
};
