import type { SignedHead } from "./head.ts";

/** The network, as far as heads need it. `globalThis.fetch` fits. */
export type Post = (url: string, options: RequestInit) => Promise<Response>;

/** A head must be taken by then. Short, because a service that ends may wait for two of them. */
const POST_TIMEOUT_S = 2;

/** Sends a head to a place that keeps it. Whatever is not 2xx is a failure, redirects too. */
export async function postHead(post: Post, url: string, head: SignedHead): Promise<void> {
  const response = await post(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(head),
    redirect: "error",
    signal: AbortSignal.timeout(POST_TIMEOUT_S * 1000),
  });
  await response.body?.cancel();
  if (!response.ok) {
    throw Object.assign(new Error("not taken"), { code: `HTTP_${response.status}` });
  }
}
