import type { Grant } from "./decision.ts";

type Optional =
  | ("deny_publish" | "deny_subscribe" | "responses" | "source_networks" | "times" | "tags")
  | ("bearer" | "scoped_key");

/** What a grant says besides account, roles, subjects, inbox and end; absent where that is nothing. */
export interface GrantDetails extends Pick<Grant, Optional> {
  /** Absent for `STANDARD` and `WEBSOCKET`, which is how clients connect unless a role says otherwise. */
  readonly connection_types?: Grant["connection_types"];
  /** Absent for none. */
  readonly limits?: Grant["limits"];
}

const USUAL_TYPES = "STANDARD WEBSOCKET";

/** Everything that a grant says and its subjects do not, without what goes without saying. */
export function detailsOf(grant: Grant): GrantDetails {
  const { deny_publish, deny_subscribe, responses, source_networks, times, tags } = grant;
  const { connection_types, limits, bearer, scoped_key } = grant;
  return {
    ...(deny_publish && { deny_publish }),
    ...(deny_subscribe && { deny_subscribe }),
    ...(responses && { responses }),
    ...(connection_types.join(" ") !== USUAL_TYPES && { connection_types }),
    ...(source_networks && { source_networks }),
    ...(times && { times }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(tags && { tags }),
    ...(bearer && { bearer }),
    ...(scoped_key !== undefined && { scoped_key }),
  };
}
