import { readFile, rename, writeFile } from "node:fs/promises";
import type { Service } from "../support/service.ts";

/** Changes its configuration on disk. */
export async function configure(service: Service, change: (config: Config) => void): Promise<void> {
  const config: Config = JSON.parse(await readFile(service.config_file, "utf8"));
  change(config);
  await replace(service.config_file, JSON.stringify(config));
}

interface Config {
  [key: string]: unknown;
  issuers: { name: string; [key: string]: unknown }[];
  accounts: { signing_keys: { file: string }[] }[];
}

/** As editors and tools do it: another file takes the place of the one that was there. */
export async function replace(file: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(`${file}.new`, text, { mode });
  await rename(`${file}.new`, file);
}

/** Resolves with the next line of the log that says how a reload ended, after `act` was done. */
export async function reloaded(service: Service, act: () => unknown): Promise<Line> {
  const said = nextReload(service);
  await act();
  return said;
}

export interface Line {
  readonly msg: string;
  readonly why: string;
  readonly reason?: string;
}

function nextReload(service: Service): Promise<Line> {
  const from = service.logs().length;
  return new Promise((resolve) => {
    const look = () => {
      const line = service
        .logs()
        .slice(from)
        .find((text) => /"msg":"reload(ed| refused)/.test(text));
      if (line === undefined) return;
      service.child.stderr?.off("data", soon);
      resolve(JSON.parse(line));
    };
    const soon = () => setImmediate(look); // when the line has been cut out of the data
    service.child.stderr?.on("data", soon);
  });
}

export const hangUp = (service: Service) => reloaded(service, () => service.child.kill("SIGHUP"));

/** A value of the metrics page. */
export const metric = async (service: Service, line: RegExp) =>
  line.exec(await (await fetch(`${service.metrics_url}/metrics`)).text())?.[1];
