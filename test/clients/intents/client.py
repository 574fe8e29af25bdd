"""Does what README.md says with nats-py: sessions as JSON on standard input, what came of each step on standard output."""

import asyncio
import importlib.metadata
import json
import sys

import nats
from nats.js import api
from nats.js.kv import KeyValue
from nats.micro import add_service
from nats.micro.service import EndpointConfig, ServiceConfig


def inbox_prefix(file):
    """The first line of the creds file, a comment."""
    with open(file, encoding="utf-8") as creds:
        name, _, prefix = creds.readline().strip().partition(": ")
    if name != "# inbox_prefix":
        raise ValueError(f"the creds file begins with {name!r}")
    return prefix


class Client:
    """A connection, and a method for each verb."""

    def __init__(self, nc, errors, domain):
        self.nc, self.errors, self.domain = nc, errors, domain

    async def refused(self, marker, patience):
        """What the server refused since the last call: once the refusal of a marker has come, all before it have."""
        await self.nc.publish(marker, b"")
        seen = []
        while True:
            words = await asyncio.wait_for(self.errors.get(), patience)
            if f'"{marker}"' in words:
                return seen
            seen.append(words)

    async def publish(self, step):
        for subject in step["subjects"]:
            await self.nc.publish(subject, b"{}")

    async def subscribe(self, step):
        for subject in step["subjects"]:
            await self.nc.subscribe(subject, queue=step.get("queue", ""))

    async def store(self, step):
        for subject in step["subjects"]:
            await self.js.publish(subject, step.get("value", "").encode())
        return "stored"

    async def take(self, step):
        jobs = await self.js.pull_subscribe_bind(step["consumer"], stream=step["stream"])
        await jobs.consumer_info()
        for message in await jobs.fetch(step["count"]):
            await message.ack_sync()
        return step["count"]

    async def take_pushed(self, step):
        info = await self.js.consumer_info(step["stream"], step["consumer"])
        pushed = await self.js.subscribe_bind(step["stream"], info.config, step["consumer"])
        for _ in range(step["count"]):
            message = await pushed.next_msg(timeout=60)
            await message.ack()
        await pushed.unsubscribe()
        return step["count"]

    async def make(self, step):
        info = await self.js.add_consumer(
            step["stream"],
            name=step["consumer"] if "filter" in step else None,
            durable_name=step["consumer"],
            filter_subject=step.get("filter"),
            ack_policy=api.AckPolicy.EXPLICIT,
        )
        return info.name

    async def read(self, step):
        ordered = await self.js.subscribe(step["filter"], stream=step["stream"], ordered_consumer=True)
        for _ in range(step["count"]):
            await ordered.next_msg(timeout=60)
        await ordered.unsubscribe()
        return step["count"]

    async def names(self, _):
        return [stream.config.name for stream in await self.js.streams_info()]

    async def purge(self, step):
        await self.js.purge_stream(step["stream"])
        return "purged"

    async def serve(self, step):
        """Answers `count` requests as a micro service."""
        answered = asyncio.Semaphore(0)

        async def answer(request):
            await request.respond(f"from {step['name']}".encode())
            answered.release()

        service = await add_service(self.nc, ServiceConfig(name=step["name"], version="1.0.0"))
        endpoint = EndpointConfig(name="get", subject=step["subjects"][0], handler=answer)
        await service.add_endpoint(endpoint)
        for _ in range(step["count"]):
            await answered.acquire()
        await self.nc.flush()
        await service.stop()
        return step["count"]

    async def bucket(self, step):
        name = step["bucket"]
        if not step.get("bare"):
            return await self.js.key_value(name)
        return KeyValue(name=name, stream=f"KV_{name}", pre=f"$KV.{name}.", js=self.js, direct=True)

    async def kv_get(self, step):
        return (await (await self.bucket(step)).get(step["key"])).value.decode()

    async def kv_revision(self, step):
        return (await (await self.bucket(step)).get(step["key"], revision=step["count"])).value.decode()

    async def kv_put(self, step):
        if self.domain:  # KeyValue.put writes into the domain that it is connected to.
            await self.js.publish(f"$JS.{self.domain}.API.$KV.{step['bucket']}.{step['key']}", step["value"].encode())
        else:
            await (await self.bucket(step)).put(step["key"], step["value"].encode())
        return "put"

    async def kv_delete(self, step):
        await (await self.bucket(step)).delete(step["key"])
        return "deleted"

    async def kv_watch(self, step):
        """Counts the values that are there."""
        if step.get("bare"):
            return await self.watch_bare(step)
        watcher = await (await self.bucket(step)).watch(step["key"])
        count = 0
        while await watcher.updates(timeout=60) is not None:
            count += 1
        await watcher.stop()
        return count

    async def watch_bare(self, step):
        """As `watch` does, but the consumer has a name, so that nats-py puts the filter into the subject."""
        name = self.nc._nuid.next().decode()
        watcher = await self.js.subscribe(
            f"$KV.{step['bucket']}.{step['key']}",
            stream=f"KV_{step['bucket']}",
            config=api.ConsumerConfig(name=name),
            deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
            ordered_consumer=True,
        )
        count = 1
        while (await watcher.next_msg(timeout=60)).metadata.num_pending > 0:
            count += 1
        await watcher.unsubscribe()
        return count

    async def kv_keys(self, step):
        return len(await (await self.bucket(step)).keys())

    async def kv_history(self, step):
        return len(await (await self.bucket(step)).history(step["key"]))

    async def kv_status(self, step):
        return (await (await self.bucket(step)).status()).values

    async def object_put(self, step):
        store = await self.js.object_store(step["bucket"])
        await store.put(step["name"], bytes(step["count"]))
        return step["count"]

    async def object_get(self, step):
        store = await self.js.object_store(step["bucket"])
        if not step.get("bare"):
            return len((await store.get(step["name"])).data)
        info = await store.get_info(step["name"])
        parts = await self.ordered(f"$O.{step['bucket']}.C.{info.nuid}", f"OBJ_{step['bucket']}")
        return sum(len(part.data) for part in parts)

    async def object_list(self, step):
        if step.get("bare"):
            found = await self.ordered(f"$O.{step['bucket']}.M.>", f"OBJ_{step['bucket']}")
            return [json.loads(message.data)["name"] for message in found]
        store = await self.js.object_store(step["bucket"])
        return [info.name for info in await store.list()]

    async def ordered(self, subject, stream):
        """What is stored, read with the name of the stream: without, nats-py asks for the names of all of them."""
        reader = await self.js.subscribe(subject, stream=stream, ordered_consumer=True)
        found = [await reader.next_msg(timeout=60)]
        while found[-1].metadata.num_pending > 0:
            found.append(await reader.next_msg(timeout=60))
        await reader.unsubscribe()
        return found

    async def object_delete(self, step):
        store = await self.js.object_store(step["bucket"])
        await store.delete(step["name"])
        return "deleted"


async def outcome(client, step, limit):
    try:
        return {"value": await asyncio.wait_for(getattr(client, step["do"])(step), limit)}
    except Exception as error:  # Whatever it is, the test has to see its words.
        return {"error": f"{type(error).__name__}: {error}"}


async def use(session, work):
    patience, impatient = work["patience_ms"] / 1000, work["impatient_ms"] / 1000
    errors = asyncio.Queue()

    async def on_error(error):
        errors.put_nowait(str(error))

    nc = await nats.connect(
        session["url"],
        user_credentials=session["creds_file"],
        inbox_prefix=inbox_prefix(session["creds_file"]),
        error_cb=on_error,
        allow_reconnect=False,
    )
    client = Client(nc, errors, session.get("domain"))
    outcomes = []
    for i, step in enumerate(session["steps"]):
        limit = impatient if step.get("forbidden") else patience
        client.js = nc.jetstream(domain=client.domain, timeout=limit)
        done = await outcome(client, step, limit)
        outcomes.append({**done, "refused": await client.refused(f"marker.{i}", patience)})
    await nc.close()
    return outcomes


async def main(work):
    return {
        "client": f"nats-py {importlib.metadata.version('nats-py')}",
        "sessions": await asyncio.gather(*(use(session, work) for session in work["sessions"])),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
