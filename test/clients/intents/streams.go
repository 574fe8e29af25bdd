package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
)

func publish(_ context.Context, c *client, s step) (any, error) {
	for _, subject := range s.Subjects {
		if err := c.nc.Publish(subject, []byte("{}")); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func subscribe(_ context.Context, c *client, s step) (any, error) {
	for _, subject := range s.Subjects {
		if _, err := c.nc.QueueSubscribeSync(subject, s.Queue); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func store(ctx context.Context, c *client, s step) (any, error) {
	for _, subject := range s.Subjects {
		if _, err := c.js.Publish(ctx, subject, []byte(s.Value)); err != nil {
			return nil, err
		}
	}
	return "stored", nil
}

func take(ctx context.Context, c *client, s step) (any, error) {
	consumer, err := c.js.Consumer(ctx, s.Stream, s.Consumer)
	if err != nil {
		return nil, err
	}
	for range s.Count {
		message, err := consumer.Next(jetstream.FetchContext(ctx))
		if err != nil {
			return nil, err
		}
		if err := message.DoubleAck(ctx); err != nil {
			return nil, err
		}
	}
	return s.Count, nil
}

func takePushed(ctx context.Context, c *client, s step) (any, error) {
	consumer, err := c.js.PushConsumer(ctx, s.Stream, s.Consumer)
	if err != nil {
		return nil, err
	}
	var count atomic.Int64
	done := make(chan error, 1)
	context_, err := consumer.Consume(func(message jetstream.Msg) {
		if int(count.Add(1)) < s.Count {
			_ = message.Ack()
		} else {
			done <- message.DoubleAck(ctx)
		}
	})
	if err != nil {
		return nil, err
	}
	defer context_.Stop()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return s.Count, err
}

func makeConsumer(ctx context.Context, c *client, s step) (any, error) {
	consumer, err := c.js.CreateOrUpdateConsumer(ctx, s.Stream, jetstream.ConsumerConfig{
		Durable: s.Consumer, FilterSubject: s.Filter, AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		return nil, err
	}
	return consumer.CachedInfo().Name, nil
}

// read takes the older way where it is bare, which removes its consumer at the end.
func read(ctx context.Context, c *client, s step) (any, error) {
	if s.Bare {
		reader, err := c.legacy.SubscribeSync(s.Filter, nats.BindStream(s.Stream), nats.OrderedConsumer())
		if err != nil {
			return nil, err
		}
		for range s.Count {
			if _, err := reader.NextMsgWithContext(ctx); err != nil {
				return nil, err
			}
		}
		return s.Count, reader.Unsubscribe()
	}
	consumer, err := c.js.OrderedConsumer(ctx, s.Stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{s.Filter},
	})
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	for range s.Count {
		if _, err := messages.Next(jetstream.NextContext(ctx)); err != nil {
			return nil, err
		}
	}
	return s.Count, nil
}

func names(ctx context.Context, c *client, _ step) (any, error) {
	found := []string{}
	lister := c.js.StreamNames(ctx)
	for name := range lister.Name() {
		found = append(found, name)
	}
	return found, lister.Err()
}

func purge(_ context.Context, c *client, s step) (any, error) {
	return "purged", c.legacy.PurgeStream(s.Stream)
}

// serve answers `count` requests as a micro service, and says how it was found.
func serve(ctx context.Context, c *client, s step) (any, error) {
	answered := make(chan struct{}, 100)
	service, err := micro.AddService(c.nc, micro.Config{Name: s.Name, Version: "1.0.0"})
	if err != nil {
		return nil, err
	}
	defer service.Stop()
	handler := micro.HandlerFunc(func(request micro.Request) {
		_ = request.Respond([]byte("from " + s.Name))
		answered <- struct{}{}
	})
	if err := service.AddEndpoint("get", handler, micro.WithEndpointSubject(s.Subjects[0])); err != nil {
		return nil, err
	}
	for range s.Count {
		select {
		case <-answered:
		case <-ctx.Done():
			return nil, fmt.Errorf("not asked: %w", ctx.Err())
		}
	}
	return s.Count, c.nc.FlushWithContext(ctx)
}
