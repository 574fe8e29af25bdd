import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../../test/support/project.ts";
import type { Scene } from "../play.ts";
import { must, short, stage } from "../stage.ts";

/** The curl line of the README: what is shown there is what runs here. */
export async function exchangeScript(): Promise<string> {
  const readme = await readFile(join(PROJECT, "README.md"), "utf8");
  const block = readme.split("```sh\n").find((text) => text.includes("--fail-with-body"));
  must(block, "a curl line in README.md");
  return block.split("```")[0] ?? "";
}

/** A token becomes a creds file, by curl alone. */
export const exchange: Scene = async (play) => {
  stage.title("1. A service gets an access token, as it does for any API");
  const token = await play.token("worker");

  stage.title("2. The token becomes a creds file");
  const { code, stderr } = await play.typed(await exchangeScript(), { NATS_STS_TOKEN: token });
  must(code === 0, `an exchange that succeeds: ${stderr}`);
  const lines = (await play.file("app.creds")).split("\n").slice(0, 4);
  stage.typed("head -n 4 app.creds");
  stage.came(lines.map((line) => short(line, 72)).join("\n"));
  stage.good("works with every NATS client; the service keeps no copy of the seed below");
};

const SCRIPT_JSON = `printf 'Authorization: Bearer %s' "$NATS_STS_TOKEN" |
  curl -sS --fail-with-body -H @- --json '{"publish": [], "ttl_s": 60}' "$URL/v1/credentials"`;

const SCRIPT_OAUTH = `printf %s "$NATS_STS_TOKEN" | curl -sS --fail-with-body --data-urlencode subject_token@- \\
  -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\
  -d subject_token_type=urn:ietf:params:oauth:token-type:access_token "$URL/oauth2/token"`;

/** The same exchange in other forms: JSON and narrowed, by the OAuth standard, with a key of one's own. */
export const otherForms: Scene = async (play) => {
  const { provider } = play;
  stage.title("3. The same as JSON, narrowed: nothing to publish, and a minute to live");
  const json = await play.typed(SCRIPT_JSON, { NATS_STS_TOKEN: await provider.token() });
  must(json.code === 0, `a JSON answer: ${json.stdout}`);
  const { account, roles, publish, subscribe, expires_at, issued_at } = JSON.parse(json.stdout);
  must(publish.length === 0 && expires_at - issued_at === 60, "a narrowed credential");
  stage.came(JSON.stringify({ jwt: "eyJ…", seed: "SU…", account, roles, publish, subscribe }));

  stage.title("4. The same by the OAuth standard (RFC 8693), for libraries that speak it");
  const oauth = await play.typed(SCRIPT_OAUTH, { NATS_STS_TOKEN: await provider.token() });
  must(oauth.code === 0, `an OAuth answer: ${oauth.stdout}`);
  const { access_token, issued_token_type, token_type, expires_in, scope } = JSON.parse(
    oauth.stdout,
  );
  stage.came(
    JSON.stringify({
      access_token: short(access_token.split("\n")[0] ?? "", 24),
      issued_token_type,
      token_type,
      expires_in,
      scope,
    }),
  );

  stage.title("5. With a key of one's own: the seed never leaves the machine");
  const own = await play.nats_sts("fetch --url $URL --out own.creds", {
    NATS_STS_TOKEN: await provider.token(),
  });
  must(own.code === 0, `a fetched credential: ${own.stderr}`);
  stage.came(own.stdout);
};
