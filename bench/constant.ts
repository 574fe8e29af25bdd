import fastify from "fastify";

// The server beneath the service, with nothing to do: the most that an answer of this size can be.
const answer = { jwt: "x".repeat(Number(process.argv[2])) };
const app = fastify();
app.post("/v1/credentials", async () => answer);
console.log(`listening ${await app.listen({ host: "127.0.0.1", port: 0 })}`);
