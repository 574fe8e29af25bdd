import type { Scene } from "../play.ts";
import { must, stage } from "../stage.ts";
import { exchangeScript } from "./exchange.ts";

/** What a caller is told when the answer is no, and what the operator finds. */
export const refusals: Scene = async (play) => {
  stage.title("7. A token for somebody else is refused, and the old file stays");
  const before = await play.file("app.creds");
  const foreign = await play.token("worker", "another-service");
  const refused = await play.typed(await exchangeScript(), { NATS_STS_TOKEN: foreign });
  stage.came(refused.stderr);
  must(refused.code === 1 && refused.stderr.includes("token_audience_mismatch"), "a refusal");
  must((await play.file("app.creds")) === before, "the old file");
  stage.refused("exit code 1: the token says aud another-service; app.creds is as it was");

  stage.title("8. What the caller is not told, the operator finds in the journal");
  const { json } = await play.service.ask(
    await play.provider.token({ client: "stranger", scope: "" }),
  );
  must(json.code === "no_rule_matched", "a stranger who is refused");
  stage.say(`a stranger is told: ${json.code}, request ${json.request_id}`);
  const tail = await play.nats_sts(
    `journal tail data/journal --verbose --request ${json.request_id}`,
  );
  must(tail.code === 0 && tail.stdout.includes("no_rule_matched"), `a journal: ${tail.stderr}`);
  stage.came(tail.stdout);

  stage.title("9. Whose credential is this, and is the journal whole?");
  const whois = await play.nats_sts("whois --journal data/journal --file app.creds");
  must(whois.code === 0, `the holder of a credential: ${whois.stderr}`);
  stage.came(whois.stdout);
  const verify = await play.nats_sts("journal verify data/journal");
  must(verify.code === 0, `a journal that verifies: ${verify.stderr}`);
  stage.came(verify.stdout);
};
