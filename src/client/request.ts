import { STATUS_CODES } from "node:http";
import { Type } from "typebox";
import { Check } from "typebox/value";
import { ClientError, printable, type Told } from "./client-error.ts";
import type { ClientEffects } from "./effects.ts";
import { unreachable } from "./unreachable.ts";

/** An answer must be here, all of it, by then. */
const REQUEST_TIMEOUT_MS = 10_000;
/** A credential has less than 4 KiB of JWT; its subjects are in the answer once more. */
const ANSWER_LIMIT_BYTES = 256 * 1024;

/** What may be otherwise in a moment: too many requests, and what proxies and services say of outages. */
const PASSING = [429, 502, 503, 504];

/**
 * One request with limits: a time, a size, no redirects (a token must not follow one). Resolves
 * with the JSON of a 200.
 *
 * @throws ClientError
 */
export async function request(
  url: string,
  options: RequestInit,
  { fetch, now_ms }: Pick<ClientEffects, "fetch" | "now_ms">,
  stop?: AbortSignal,
): Promise<unknown> {
  return within(REQUEST_TIMEOUT_MS, stop, async (signal) => {
    const response = await fetch(url, { ...options, redirect: "manual", signal });
    const { status } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      throw new ClientError(
        `the service answered with a redirect (${status}), which is not followed: give the URL it really has`,
        { status },
      );
    }
    const body = jsonOf(await textOf(response));
    if (status === 200) return body;
    throw refusal(status, body, response.headers.get("retry-after"), now_ms());
  });
}

/** Ends the work at a time limit, or when it is asked to. Its own timer, so that none stays behind. */
async function within<T>(
  limit_ms: number,
  stop: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const stopped = () => end.abort(new ClientError("it was stopped"));
  if (stop?.aborted) stopped();
  stop?.addEventListener("abort", stopped);
  const late = setTimeout(
    () =>
      end.abort(new ClientError(`no answer within ${limit_ms / 1000} seconds`, { passing: true })),
    limit_ms,
  );
  try {
    return await work(end.signal);
  } catch (error) {
    if (error instanceof ClientError) throw error;
    if (end.signal.reason instanceof ClientError) throw end.signal.reason;
    throw new ClientError(unreachable(error), { passing: true });
  } finally {
    clearTimeout(late);
    stop?.removeEventListener("abort", stopped);
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an error cancels the stream, so no more is received.
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES)
      throw new ClientError(
        `the answer is larger than ${ANSWER_LIMIT_BYTES} bytes: is this nats-sts?`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What this client reads of a problem document (RFC 9457). */
const Problem = Type.Object({
  code: Type.String({ pattern: "^[a-z0-9_]{1,64}$" }),
  detail: Type.String(),
  request_id: Type.String({ pattern: "^[\\w-]{1,128}$" }),
});

function refusal(
  status: number,
  body: unknown,
  retry_after: string | null,
  now_ms: number,
): ClientError {
  const retry_after_s = secondsOf(retry_after, now_ms);
  const told: Told = {
    status,
    passing: PASSING.includes(status),
    ...(retry_after_s !== undefined && { retry_after_s }),
  };
  if (!Check(Problem, body)) {
    const phrase = `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
    return new ClientError(
      `the service answered ${phrase} without a reason: is this nats-sts?`,
      told,
    );
  }
  const { code, detail, request_id } = body;
  const sentence = `refused as ${code}: ${printable(detail)} (request ${request_id})`;
  return new ClientError(sentence, { ...told, code, request_id });
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function secondsOf(retry_after: string | null, now_ms: number): number | undefined {
  if (retry_after === null) return undefined;
  if (/^[0-9]{1,9}$/.test(retry_after)) return Number(retry_after);
  const at_ms = Date.parse(retry_after);
  return Number.isNaN(at_ms) ? undefined : Math.max(0, Math.ceil((at_ms - now_ms) / 1000));
}
