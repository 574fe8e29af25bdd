import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Result, Work } from "./work.ts";

interface Said {
  readonly out: string;
  readonly err: string;
  /** Null where it had to be ended. */
  readonly code: number | null;
}

/** Does the work with the `nats` program: a process for each step, as a person would. */
export async function useCli(path: string, work: Work): Promise<Result> {
  const prefix = /^# inbox_prefix: (\S+)/.exec(readFileSync(work.creds_file, "utf8"))?.[1];
  if (prefix === undefined) throw new Error("the creds file does not begin with inbox_prefix");
  // A context of whoever runs the tests must not count.
  const env = { ...process.env, XDG_CONFIG_HOME: dirname(work.creds_file), NATS_CONTEXT: "" };
  const server = ["--server", work.url, "--creds", work.creds_file];
  const nats = (args: readonly string[], timeout: number, more: readonly string[]) =>
    new Promise<Said>((resolve) => {
      const settings = { env, timeout, killSignal: "SIGKILL" as const };
      const child = execFile(path, [...args, ...server, ...more], settings, (_, out, err) =>
        resolve({ out: out.trim(), err: err.trim(), code: child.exitCode }),
      );
      child.stdin?.end();
    });
  const own = (...args: string[]) => nats(args, work.patience_ms, ["--inbox-prefix", prefix]);

  await own("pub", "orders.new", `from ${work.name}`);
  // It ends with 1 after the last of its replies.
  const listening = own("reply", "orders.news", `seen by ${work.name}`, "--count", "1");
  const reply = await own("request", "orders.ask", work.name, "--raw");
  const heard = await listening;
  const job = await own("consumer", "next", "JOBS", "worker", "--raw", "--ack");
  const refused = [
    await own("pub", "orders.secret", "x"),
    await own("sub", "bills.>", "--count", "1"),
  ];
  const impatient = await nats(["request", "orders.ask", "nobody", "--raw"], work.impatient_ms, []);
  return {
    client: `nats CLI ${(await nats(["--version"], work.patience_ms, [])).out}`,
    reply: reply.out,
    news: heard.out,
    job: job.out,
    refused: refused.map(({ err }) => err),
    default_inbox: impatient.out || "no answer",
  };
}
