"""Does what README.md says with nats-py: work as JSON on standard input, what came of it on standard output."""

import asyncio
import importlib.metadata
import json
import sys

import nats


def inbox_prefix(file):
    """The first line of the creds file, a comment."""
    with open(file, encoding="utf-8") as creds:
        name, _, prefix = creds.readline().strip().partition(": ")
    if name != "# inbox_prefix":
        raise ValueError(f"the creds file begins with {name!r}")
    return prefix


async def connect(work, errors, **options):
    async def on_error(error):
        errors.append(str(error))

    return await nats.connect(
        work["url"],
        user_credentials=work["creds_file"],
        error_cb=on_error,
        allow_reconnect=False,
        **options,
    )


async def take_job(nc, patience):
    jobs = await nc.jetstream().pull_subscribe_bind("worker", stream="JOBS")
    [message] = await jobs.fetch(1, timeout=patience)
    await message.ack_sync(timeout=patience)
    return message.data.decode()


async def refusals(nc, errors, patience):
    await nc.publish("orders.secret", b"")
    await nc.flush(patience)
    await nc.subscribe("bills.>")
    await nc.flush(patience)
    for _ in range(100):  # The error is told by a task of its own.
        if len(errors) >= 2:
            break
        await asyncio.sleep(0.01)
    return errors


async def ask_with_default_inbox(work):
    nc = await connect(work, [])
    try:
        answer = await nc.request("orders.ask", b"nobody", timeout=work["impatient_ms"] / 1000)
        return answer.data.decode()
    except nats.errors.TimeoutError:
        return "no answer"
    finally:
        await nc.close()


async def main(work):
    patience = work["patience_ms"] / 1000
    errors = []
    nc = await connect(work, errors, inbox_prefix=inbox_prefix(work["creds_file"]))
    await nc.publish("orders.new", f"from {work['name']}".encode())
    subscription = await nc.subscribe("orders.news")
    reply = await nc.request("orders.ask", work["name"].encode(), timeout=patience)
    news = await subscription.next_msg(timeout=patience)
    await news.respond(f"seen by {work['name']}".encode())
    result = {
        "client": f"nats-py {importlib.metadata.version('nats-py')}",
        "reply": reply.data.decode(),
        "news": news.data.decode(),
        "job": await take_job(nc, patience),
        "refused": await refusals(nc, errors, patience),
        "default_inbox": await ask_with_default_inbox(work),
    }
    await nc.close()
    return result


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
