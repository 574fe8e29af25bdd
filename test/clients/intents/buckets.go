package main

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func kvGet(ctx context.Context, c *client, s step) (any, error) {
	if s.Bare {
		message, err := c.legacy.GetLastMsg("KV_"+s.Bucket, "$KV."+s.Bucket+"."+s.Key, nats.DirectGet(), nats.Context(ctx))
		if err != nil {
			return nil, err
		}
		return string(message.Data), nil
	}
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	entry, err := bucket.Get(ctx, s.Key)
	if err != nil {
		return nil, err
	}
	return string(entry.Value()), nil
}

func kvRevision(ctx context.Context, c *client, s step) (any, error) {
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	entry, err := bucket.GetRevision(ctx, s.Key, uint64(s.Count))
	if err != nil {
		return nil, err
	}
	return string(entry.Value()), nil
}

func kvPut(ctx context.Context, c *client, s step) (any, error) {
	if s.Bare {
		_, err := c.js.Publish(ctx, "$KV."+s.Bucket+"."+s.Key, []byte(s.Value))
		return "put", err
	}
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	_, err = bucket.PutString(ctx, s.Key, s.Value)
	return "put", err
}

func kvDelete(ctx context.Context, c *client, s step) (any, error) {
	if s.Bare {
		message := nats.NewMsg("$KV." + s.Bucket + "." + s.Key)
		message.Header.Set("KV-Operation", "DEL")
		_, err := c.js.PublishMsg(ctx, message)
		return "deleted", err
	}
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	return "deleted", bucket.Delete(ctx, s.Key)
}

// kvWatch counts the values that are there.
func kvWatch(ctx context.Context, c *client, s step) (any, error) {
	if s.Bare {
		return watchBare(ctx, c, s)
	}
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	watcher, err := bucket.Watch(ctx, s.Key)
	if err != nil {
		return nil, err
	}
	defer watcher.Stop()
	for count := 0; ; count++ {
		select {
		case entry := <-watcher.Updates():
			if entry == nil {
				return count, watcher.Stop()
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func watchBare(ctx context.Context, c *client, s step) (any, error) {
	watcher, err := c.legacy.SubscribeSync("$KV."+s.Bucket+"."+s.Key,
		nats.BindStream("KV_"+s.Bucket), nats.OrderedConsumer(), nats.DeliverLastPerSubject(), nats.Context(ctx))
	if err != nil {
		return nil, err
	}
	defer watcher.Unsubscribe()
	for count := 1; ; count++ {
		message, err := watcher.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		if about, err := message.Metadata(); err != nil || about.NumPending == 0 {
			return count, err
		}
	}
}

func kvKeys(ctx context.Context, c *client, s step) (any, error) {
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	keys, err := bucket.Keys(ctx)
	return len(keys), err
}

func kvHistory(ctx context.Context, c *client, s step) (any, error) {
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	entries, err := bucket.History(ctx, s.Key)
	return len(entries), err
}

func kvStatus(ctx context.Context, c *client, s step) (any, error) {
	bucket, err := c.js.KeyValue(ctx, s.Bucket)
	if err != nil {
		return nil, err
	}
	status, err := bucket.Status(ctx)
	if err != nil {
		return nil, err
	}
	return status.Values(), nil
}

func objects(ctx context.Context, c *client, s step) (jetstream.ObjectStore, error) {
	return c.js.ObjectStore(ctx, s.Bucket)
}

func objectPut(ctx context.Context, c *client, s step) (any, error) {
	store, err := objects(ctx, c, s)
	if err != nil {
		return nil, err
	}
	_, err = store.PutBytes(ctx, s.Name, make([]byte, s.Count))
	return s.Count, err
}

func objectGet(ctx context.Context, c *client, s step) (any, error) {
	store, err := objects(ctx, c, s)
	if err != nil {
		return nil, err
	}
	bytes, err := store.GetBytes(ctx, s.Name)
	return len(bytes), err
}

func objectList(ctx context.Context, c *client, s step) (any, error) {
	store, err := objects(ctx, c, s)
	if err != nil {
		return nil, err
	}
	found := []string{}
	list, err := store.List(ctx)
	for _, one := range list {
		found = append(found, one.Name)
	}
	return found, err
}

func objectDelete(ctx context.Context, c *client, s step) (any, error) {
	store, err := objects(ctx, c, s)
	if err != nil {
		return nil, err
	}
	return "deleted", store.Delete(ctx, s.Name)
}
