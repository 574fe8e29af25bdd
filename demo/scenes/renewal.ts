import { spawn } from "node:child_process";
import { once } from "node:events";
import { connectWith } from "../../test/support/nats-client.ts";
import { BIN } from "../../test/support/service.ts";
import { inboxOf, type Play, type Scene } from "../play.ts";
import { must, stage } from "../stage.ts";

/** A credential ends, and one that is kept fresh does not. */
export const renewal: Scene = async (play) => {
  stage.title("10. A credential ends when it expires, unless it is kept fresh");
  const { nats_url, scope } = play;
  // Before the brief one is fetched: on a slow machine its six seconds would pass while this starts.
  const stop = await keepFresh(play);
  const brief = await play.nats_sts("fetch --url $URL --ttl 6s --out brief.creds", {
    NATS_STS_TOKEN: await play.provider.token(),
  });
  must(brief.code === 0, `a brief credential: ${brief.stderr}`);
  if (nats_url === undefined) {
    stage.missing("not shown, for want of a server: the end of a connection");
    return stop();
  }
  const creds = await play.file("brief.creds");
  const nc = await connectWith(scope, nats_url, creds, { inboxPrefix: inboxOf(creds) });
  stage.say("connected with brief.creds; waiting for its six seconds to pass …");
  const reason = await nc.closed();
  stage.refused(
    `the server ended the connection: ${reason instanceof Error ? reason.message : ""}`,
  );
  const fresh = await play.file("fresh.creds");
  const again = await connectWith(scope, nats_url, fresh, { inboxPrefix: inboxOf(fresh) });
  await again.flush();
  stage.good("fresh.creds, renewed in the meantime under the same key, still connects");
  await stop();
};

/** Runs `nats-sts refresh` beside the scene, until the returned function is called. */
async function keepFresh({ dir, service, provider, scope }: Play): Promise<() => Promise<void>> {
  stage.typed("nats-sts refresh --url $URL --ttl 6s --out fresh.creds &");
  const args = ["refresh", "--url", service.url, "--ttl", "6s"];
  const child = spawn(process.execPath, [BIN, ...args, "--out", "fresh.creds"], {
    cwd: dir,
    env: { ...process.env, NATS_STS_TOKEN: await provider.token() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  scope.after(() => child.kill("SIGKILL"));
  const [line] = await Promise.race([once(child.stdout, "data"), once(child.stderr, "data")]);
  stage.came(String(line));
  return async () => {
    child.kill("SIGTERM");
    const [code] = await exited;
    must(code === 0, "a refresh that ends when it is asked to");
  };
}
