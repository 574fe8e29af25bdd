import { findNatsServer } from "./nats-binary.ts";

// Run once before the tests, so that they do not all fetch the server at the same time. Always
// exits 0: without a server only the tests that need one fail, each with this same reason.
try {
  const { version, from } = await findNatsServer();
  console.log(`nats-server ${version} from ${from}`);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
