// Does what README.md says with nats.go: sessions come as JSON on standard input, what came of each
// step goes to standard output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type step struct {
	Do        string   `json:"do"`
	Subjects  []string `json:"subjects"`
	Queue     string   `json:"queue"`
	Stream    string   `json:"stream"`
	Consumer  string   `json:"consumer"`
	Deliver   string   `json:"deliver"`
	Filter    string   `json:"filter"`
	Bucket    string   `json:"bucket"`
	Key       string   `json:"key"`
	Value     string   `json:"value"`
	Name      string   `json:"name"`
	Count     int      `json:"count"`
	Bare      bool     `json:"bare"`
	Forbidden bool     `json:"forbidden"`
}

type session struct {
	URL       string `json:"url"`
	CredsFile string `json:"creds_file"`
	Domain    string `json:"domain"`
	Steps     []step `json:"steps"`
}

type work struct {
	Sessions    []session `json:"sessions"`
	PatienceMs  int       `json:"patience_ms"`
	ImpatientMs int       `json:"impatient_ms"`
}

type outcome struct {
	Value   any      `json:"value"`
	Error   string   `json:"error,omitempty"`
	Refused []string `json:"refused"`
}

type result struct {
	Client   string      `json:"client"`
	Sessions [][]outcome `json:"sessions"`
}

// client is one connection and both of the library's ways to use JetStream: key-value watches and
// objects are made of the older one.
type client struct {
	nc     *nats.Conn
	domain string
	js     jetstream.JetStream
	legacy nats.JetStreamContext
	errors chan string
}

type verb func(context.Context, *client, step) (any, error)

var verbs = map[string]verb{
	"publish": publish, "subscribe": subscribe, "store": store, "take": take,
	"take_pushed": takePushed, "make": makeConsumer, "read": read, "names": names, "purge": purge,
	"serve": serve, "kv_get": kvGet, "kv_revision": kvRevision, "kv_put": kvPut,
	"kv_delete": kvDelete, "kv_watch": kvWatch, "kv_keys": kvKeys, "kv_history": kvHistory,
	"kv_status": kvStatus, "object_put": objectPut, "object_get": objectGet,
	"object_list": objectList, "object_delete": objectDelete,
}

func main() {
	var w work
	if err := json.NewDecoder(os.Stdin).Decode(&w); err != nil {
		fail(err)
	}
	r := result{Client: "nats.go " + nats.Version, Sessions: make([][]outcome, len(w.Sessions))}
	var wait sync.WaitGroup
	for i, s := range w.Sessions {
		wait.Add(1)
		go func() {
			defer wait.Done()
			outcomes, err := use(s, w)
			if err != nil {
				fail(err)
			}
			r.Sessions[i] = outcomes
		}()
	}
	wait.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func use(s session, w work) ([]outcome, error) {
	patience := time.Duration(w.PatienceMs) * time.Millisecond
	c, err := connect(s)
	if err != nil {
		return nil, err
	}
	defer c.nc.Close()
	outcomes := []outcome{}
	for i, one := range s.Steps {
		do, known := verbs[one.Do]
		if !known {
			return nil, fmt.Errorf("no verb %q", one.Do)
		}
		limit := patience
		if one.Forbidden {
			limit = time.Duration(w.ImpatientMs) * time.Millisecond
		}
		if err := c.allow(limit); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		value, err := do(ctx, c, one)
		cancel()
		o := outcome{Value: value}
		if err != nil {
			o.Value, o.Error = nil, err.Error()
		}
		if o.Refused, err = c.refused(fmt.Sprintf("marker.%d", i), patience); err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

func connect(s session) (*client, error) {
	prefix, err := inboxPrefix(s.CredsFile)
	if err != nil {
		return nil, err
	}
	c := &client{domain: s.Domain, errors: make(chan string, 1000)}
	c.nc, err = nats.Connect(s.URL,
		nats.UserCredentials(s.CredsFile),
		nats.CustomInboxPrefix(prefix),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.errors <- err.Error() }),
	)
	return c, err
}

// allow says how long the next requests may take: the older way does not ask the context of each.
func (c *client) allow(limit time.Duration) (err error) {
	options := []nats.JSOpt{nats.MaxWait(limit)}
	if c.domain == "" {
		c.js, err = jetstream.New(c.nc)
	} else {
		c.js, err = jetstream.NewWithDomain(c.nc, c.domain)
		options = append(options, nats.Domain(c.domain))
	}
	if err == nil {
		c.legacy, err = c.nc.JetStream(options...)
	}
	return err
}

// refused tells what the server refused since the last call. Errors are told in order by another
// goroutine: once the refusal of a marker has come, all those before it have.
func (c *client) refused(marker string, patience time.Duration) ([]string, error) {
	if err := c.nc.Publish(marker, nil); err != nil {
		return nil, err
	}
	seen := []string{}
	for {
		select {
		case words := <-c.errors:
			if strings.Contains(words, `"`+marker+`"`) {
				return seen, nil
			}
			seen = append(seen, words)
		case <-time.After(patience):
			return nil, fmt.Errorf("%s was not refused", marker)
		}
	}
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
