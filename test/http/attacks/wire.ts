import { connect } from "node:net";
import type { Attack } from "./attack.ts";

/** One answer off the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Everything that came of one attack. */
export interface Heard {
  readonly answers: readonly RawAnswer[];
  /** Bytes that are no whole answer. */
  readonly rest: string;
  readonly took_ms: number;
}

/** Told on the same connection afterwards, where it is still open: it must be answered as itself. */
const PROBE = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const DRIP_EVERY_MS = 100;
const SILENCE_LIMIT_MS = 15_000;

/**
 * Sends the bytes of an attack, and once all expected answers have come a request that is clearly
 * another one. Resolves when the connection has ended.
 */
export async function converse(
  port: number,
  { bytes, drip, answers: expected }: Attack,
): Promise<Heard> {
  const started = performance.now();
  const socket = connect(port, "127.0.0.1");
  const is_head = bytes.startsWith("HEAD ");
  let text = "";
  let probed = false;
  const probe = () => {
    if (probed || drip !== undefined || answersIn(text, is_head).answers.length < expected.length)
      return;
    probed = true;
    socket.write(PROBE);
  };
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    probe();
  });
  socket.on("error", () => {}); // the other side may be done before we are
  socket.setTimeout(SILENCE_LIMIT_MS, () => socket.destroy());
  socket.write(Buffer.from(bytes, "latin1"));
  const dripping = setInterval(() => drip !== undefined && socket.write(drip), DRIP_EVERY_MS);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(dripping);
  return { ...answersIn(text, is_head), took_ms: performance.now() - started };
}

/** Reads answers the strict way: a status line, header lines, and a body of just its length. */
function answersIn(text: string, is_head: boolean): Pick<Heard, "answers" | "rest"> {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    const [start = "", ...lines] = rest.slice(0, Math.max(end, 0)).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) [A-Za-z -]+$/.exec(start)?.[1]);
    if (end < 0 || !status) return { answers, rest };
    const headers = new Map(
      lines.map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
      }),
    );
    const bare = status < 200 || (is_head && answers.length === 0);
    const length = bare ? 0 : Number(headers.get("content-length"));
    const body = rest.slice(end + 4, end + 4 + length);
    if (!(body.length >= length)) return { answers, rest };
    answers.push({ status, headers, body });
    rest = rest.slice(end + 4 + length);
  }
}
