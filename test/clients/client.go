// Does what test/clients/README.md says with nats.go: the work comes as JSON on standard input, what
// came of it goes to standard output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type work struct {
	URL         string `json:"url"`
	CredsFile   string `json:"creds_file"`
	Name        string `json:"name"`
	PatienceMs  int    `json:"patience_ms"`
	ImpatientMs int    `json:"impatient_ms"`
}

type result struct {
	Client       string   `json:"client"`
	Reply        string   `json:"reply"`
	News         string   `json:"news"`
	Refused      []string `json:"refused"`
	Job          string   `json:"job"`
	DefaultInbox string   `json:"default_inbox"`
}

func main() {
	var w work
	if err := json.NewDecoder(os.Stdin).Decode(&w); err != nil {
		fail(err)
	}
	r, err := do(w)
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func do(w work) (*result, error) {
	patience := time.Duration(w.PatienceMs) * time.Millisecond
	prefix, err := inboxPrefix(w.CredsFile)
	if err != nil {
		return nil, err
	}
	errors := make(chan error, 10)
	nc, err := nats.Connect(w.URL,
		nats.UserCredentials(w.CredsFile),
		nats.CustomInboxPrefix(prefix),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errors <- err }),
	)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	r := &result{Client: "nats.go " + nats.Version, DefaultInbox: "no answer"}

	if err := nc.Publish("orders.new", []byte("from "+w.Name)); err != nil {
		return nil, err
	}
	news, err := nc.SubscribeSync("orders.news")
	if err != nil {
		return nil, err
	}
	reply, err := nc.Request("orders.ask", []byte(w.Name), patience)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	r.Reply = string(reply.Data)
	message, err := news.NextMsg(patience)
	if err != nil {
		return nil, fmt.Errorf("news: %w", err)
	}
	r.News = string(message.Data)
	if err := message.Respond([]byte("seen by " + w.Name)); err != nil {
		return nil, err
	}

	if r.Job, err = takeJob(nc, patience); err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}

	if err := nc.Publish("orders.secret", nil); err != nil {
		return nil, err
	}
	if _, err := nc.SubscribeSync("bills.>"); err != nil {
		return nil, err
	}
	for range 2 {
		select {
		case err := <-errors:
			r.Refused = append(r.Refused, err.Error())
		case <-time.After(patience):
		}
	}

	other, err := nats.Connect(w.URL, nats.UserCredentials(w.CredsFile),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		return nil, err
	}
	defer other.Close()
	impatience := time.Duration(w.ImpatientMs) * time.Millisecond
	if answer, err := other.Request("orders.ask", []byte("nobody"), impatience); err == nil {
		r.DefaultInbox = string(answer.Data)
	}
	return r, nil
}

// inboxPrefix reads the first line of the creds file, a comment.
func inboxPrefix(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	prefix, found := strings.CutPrefix(line, "# inbox_prefix: ")
	if !found {
		return "", fmt.Errorf("the creds file begins with %q", line)
	}
	return strings.TrimSpace(prefix), nil
}

func takeJob(nc *nats.Conn, patience time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return "", err
	}
	consumer, err := js.Consumer(ctx, "JOBS", "worker")
	if err != nil {
		return "", err
	}
	message, err := consumer.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		return "", err
	}
	return string(message.Data()), message.DoubleAck(ctx)
}
