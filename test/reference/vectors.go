package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// inputs is inputs.json: keys made for nothing else, and what each vector grants.
type inputs struct {
	SigningSeed      string `json:"signing_seed"`
	SigningPublicKey string `json:"signing_public_key"`
	Vectors          []struct {
		Title string          `json:"title"`
		Input json.RawMessage `json:"input"`
	} `json:"vectors"`
}

// input names its fields as the grants of nats-sts do.
type input struct {
	Name            string   `json:"name"`
	Sub             string   `json:"sub"`
	IssuerAccount   string   `json:"issuer_account"`
	Iat             int64    `json:"iat"`
	Exp             int64    `json:"exp"`
	Publish         []string `json:"publish"`
	Subscribe       []string `json:"subscribe"`
	ConnectionTypes []string `json:"connection_types"`
	SourceNetworks  []string `json:"source_networks"`
	Times           *struct {
		Location string          `json:"location"`
		Ranges   []jwt.TimeRange `json:"ranges"`
	} `json:"times"`
	Limits struct {
		Subscriptions *int64 `json:"subscriptions"`
		PayloadBytes  *int64 `json:"payload_bytes"`
		DataBytes     *int64 `json:"data_bytes"`
	} `json:"limits"`
	Tags []string `json:"tags"`
}

type vector struct {
	Title  string          `json:"title"`
	Input  json.RawMessage `json:"input"`
	Claims map[string]any  `json:"claims"`
}

// vectors turns inputs.json into vectors.json.
func vectors(in io.Reader, out io.Writer) error {
	var asked inputs
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return err
	}
	signer, err := nkeys.FromSeed([]byte(asked.SigningSeed))
	if err != nil {
		return err
	}
	made := []vector{}
	for _, each := range asked.Vectors {
		claims, err := claimsOf(each.Input, signer)
		if err != nil {
			return fmt.Errorf("%s: %w", each.Title, err)
		}
		made = append(made, vector{each.Title, each.Input, claims})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{
		"signing_seed":       asked.SigningSeed,
		"signing_public_key": asked.SigningPublicKey,
		"vectors":            made,
	})
}

// claimsOf is what the library writes, but for two things that it takes from the moment: iat is
// set to the input's, and jti, a digest over its own spelling of the claims, is left out.
func claimsOf(raw json.RawMessage, signer nkeys.KeyPair) (map[string]any, error) {
	var asked input
	if err := json.Unmarshal(raw, &asked); err != nil {
		return nil, err
	}
	token, err := userOf(asked).Encode(signer)
	if err != nil {
		return nil, err
	}
	if _, err := jwt.DecodeUserClaims(token); err != nil {
		return nil, err
	}
	claims, err := payloadOf(token)
	if err != nil {
		return nil, err
	}
	delete(claims, "jti")
	claims["iat"] = asked.Iat
	return claims, nil
}

func userOf(asked input) *jwt.UserClaims {
	user := jwt.NewUserClaims(asked.Sub)
	user.Name = asked.Name
	user.Expires = asked.Exp
	user.IssuerAccount = asked.IssuerAccount
	user.Pub = permission(asked.Publish)
	user.Sub = permission(asked.Subscribe)
	user.AllowedConnectionTypes = asked.ConnectionTypes
	user.Tags.Add(asked.Tags...)
	user.Src.Add(asked.SourceNetworks...)
	if asked.Times != nil {
		user.Times = asked.Times.Ranges
		user.Locale = asked.Times.Location
	}
	limit := func(target *int64, asked *int64) {
		if asked != nil {
			*target = *asked
		}
	}
	limit(&user.Limits.Subs, asked.Limits.Subscriptions)
	limit(&user.Limits.Payload, asked.Limits.PayloadBytes)
	limit(&user.Limits.Data, asked.Limits.DataBytes)
	return user
}

// permission of nothing is a deny of everything: an empty allow list would allow everything.
func permission(subjects []string) (p jwt.Permission) {
	if len(subjects) == 0 {
		p.Deny.Add(">")
	}
	p.Allow.Add(subjects...)
	return p
}
