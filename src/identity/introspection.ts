import { createHash } from "node:crypto";
import { StsError } from "../errors.ts";
import type { Claims } from "./claim.ts";
import { reasonOf } from "./jwks.ts";

/** An answer is used again for so long, and never past the token's own end. */
const FRESH_S = 60;
/** Asking again about a token that is not active would be load for whoever may cause it. */
const FRESH_REFUSAL_S = 5;
const ANSWERS_LIMIT = 10_000;
/** More questions than this are not under way to one issuer. */
const ASKED_LIMIT = 64;

/** Asks an issuer about tokens (RFC 7662). */
export interface Introspector {
  /**
   * What the issuer says of a token that is active. All that is said still has to be checked.
   *
   * @throws StsError `token_expired` for every other token; `issuer_unavailable`, `overloaded`
   */
  introspect(token: string): Promise<Claims>;
}

/** What an {@link Introspector} works with. */
export interface IntrospectionSource {
  /** The name in the configuration. */
  readonly issuer: string;
  /** Asks the provider, or throws whatever went wrong on the way. */
  ask(token: string): Promise<Claims>;
  now_s(): number;
}

interface Answer {
  /** Undefined for a token that is not active. */
  readonly claims: Claims | undefined;
  readonly at_s: number;
  readonly fresh_s: number;
}

/** Keeps answers for a while by the digest of their token; one question about a token at a time. */
export function introspector({ issuer, ask, now_s }: IntrospectionSource): Introspector {
  const answers = new Map<string, Answer>();
  const asked = new Map<string, Promise<Answer>>();

  const keep = (digest: string, answer: Answer) => {
    // The oldest makes room: to forget an answer costs one more question, and gives nothing away.
    const [oldest] = answers.keys();
    if (answers.size >= ANSWERS_LIMIT && oldest !== undefined) answers.delete(oldest);
    answers.set(digest, answer);
  };

  async function answerTo(token: string, digest: string): Promise<Answer> {
    const at_s = now_s();
    const claims = await ask(token).catch((cause: unknown) => {
      const detail = { issuer, reason: reasonOf(cause) };
      throw new StsError("issuer_unavailable", detail, { cause });
    });
    const active = claims["active"] === true; // and nothing that only looks like it
    const answer = active
      ? { claims, at_s, fresh_s: Math.min(FRESH_S, endOf(claims) - at_s) }
      : { claims: undefined, at_s, fresh_s: FRESH_REFUSAL_S };
    keep(digest, answer);
    return answer;
  }

  return {
    async introspect(token) {
      const digest = createHash("sha256").update(token).digest("base64url");
      const kept = answers.get(digest);
      // A clock that was set back must not keep an answer for longer.
      if (kept && Math.abs(now_s() - kept.at_s) < kept.fresh_s) return activeOnly(kept, issuer);
      answers.delete(digest);
      let running = asked.get(digest);
      if (!running) {
        if (asked.size >= ASKED_LIMIT)
          throw new StsError("overloaded", { issuer, limit: "introspection" });
        running = answerTo(token, digest).finally(() => asked.delete(digest));
        asked.set(digest, running);
      }
      return activeOnly(await running, issuer);
    },
  };
}

const endOf = ({ exp }: Claims) => (typeof exp === "number" ? exp : 0);

function activeOnly({ claims }: Answer, issuer: string): Claims {
  if (claims) return claims;
  throw new StsError("token_expired", { issuer, reason: "the issuer says that it is not active" });
}
