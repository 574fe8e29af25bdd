import { seconds } from "../config/index.ts";
import type { Narrowing } from "../policy/index.ts";
import type { Args } from "./command.ts";

/** The shortest life that the service gives. */
const TTL_MIN_S = 5;

/** Which part of a grant --account, --roles, --publish, --subscribe and --ttl ask for, or what is wrong with them. */
export function narrowingIn({ values }: Args): Narrowing | string {
  const { account, ttl } = values;
  if (ttl !== undefined && !/^[1-9][0-9]{0,5}[smhd]$/.test(String(ttl)))
    return "--ttl must be a duration such as 30s, 5m or 1h";
  if (ttl !== undefined && seconds(String(ttl)) < TTL_MIN_S)
    return `--ttl must be ${TTL_MIN_S}s at least: nobody could use a shorter one`;
  const list = (name: "roles" | "publish" | "subscribe") => {
    const words = values[name];
    // One empty word asks for less than no word at all.
    return typeof words === "object" && { [name]: words.filter((word) => word !== "") };
  };
  return {
    ...(account !== undefined && { account: String(account) }),
    ...list("roles"),
    ...list("publish"),
    ...list("subscribe"),
    ...(ttl !== undefined && { ttl_s: seconds(String(ttl)) }),
  };
}
