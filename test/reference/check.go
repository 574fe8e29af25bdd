package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// item is one line of input: a JWT, and what else is known about it.
type item struct {
	JWT              string         `json:"jwt"`
	Seed             string         `json:"seed"`
	AccountPublicKey string         `json:"account_public_key"`
	Expect           map[string]any `json:"expect"`
}

// verdict is one line of output. Errors is never null, so that it reads as a list.
type verdict struct {
	OK     bool     `json:"ok"`
	Errors []string `json:"errors"`
	Claims any      `json:"claims"`
}

const lifetimeMax = 24 * 60 * 60 // seconds

// check answers each line with a verdict.
func check(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		asked := item{JWT: line}
		if line[0] == '{' {
			asked = item{}
			strict := json.NewDecoder(strings.NewReader(line))
			strict.DisallowUnknownFields()
			if err := strict.Decode(&asked); err != nil {
				return fmt.Errorf("a line is not an item: %w", err)
			}
		}
		if err := encoder.Encode(judge(asked)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func judge(asked item) verdict {
	user, err := jwt.DecodeUserClaims(asked.JWT) // Verifies the signature, too.
	if err != nil {
		return verdict{Errors: []string{err.Error()}}
	}
	claims, err := payloadOf(asked.JWT)
	if err != nil {
		return verdict{Errors: []string{err.Error()}}
	}
	faults := slices.Concat(validate(user), houseRules(user), belongs(user, asked))
	faults = append(faults, differences("", asked.Expect, claims)...)
	return verdict{OK: len(faults) == 0, Errors: append([]string{}, faults...), Claims: claims}
}

// validate is the library's own opinion; what it merely warns of is an error here.
func validate(user *jwt.UserClaims) (faults []string) {
	results := jwt.CreateValidationResults()
	user.Validate(results)
	for _, issue := range results.Issues {
		faults = append(faults, issue.Description)
	}
	return faults
}

// houseRules are ours: what is legal for NATS, but must never leave nats-sts.
func houseRules(user *jwt.UserClaims) (faults []string) {
	fault := func(wrong bool, words string) {
		if wrong {
			faults = append(faults, words)
		}
	}
	fault(user.Expires == 0, "exp is missing")
	fault(user.Expires-user.IssuedAt > lifetimeMax, "the lifetime is over 24 h")
	fault(user.IssuerAccount == "", "issuer_account is missing")
	fault(open(user.Pub), "pub.allow is empty and pub.deny is not only \">\": everything is allowed")
	fault(open(user.Sub), "sub.allow is empty and sub.deny is not only \">\": everything is allowed")
	fault(user.BearerToken, "bearer_token is true")
	fault(len(user.AllowedConnectionTypes) == 0, "allowed_connection_types are missing")
	return faults
}

// open is true where NATS would let everything pass: an empty list is no list.
func open(p jwt.Permission) bool {
	return len(p.Allow) == 0 && !slices.Contains(p.Deny, ">")
}

func belongs(user *jwt.UserClaims, asked item) (faults []string) {
	account := asked.AccountPublicKey
	if account != "" && user.IssuerAccount != account && user.Issuer != account {
		faults = append(faults, "the JWT belongs to the account "+user.IssuerAccount)
	}
	if asked.Seed == "" {
		return faults
	}
	pair, err := nkeys.FromSeed([]byte(asked.Seed))
	if err != nil {
		return append(faults, "the seed is none: "+err.Error())
	}
	if public, err := pair.PublicKey(); err != nil || public != user.Subject {
		faults = append(faults, "the seed belongs to "+public)
	}
	return faults
}

// differences names what was expected and is not so; what was not mentioned may be anything.
func differences(path string, expect map[string]any, claims map[string]any) (faults []string) {
	for name, wanted := range expect {
		is := claims[name]
		inner, nested := wanted.(map[string]any)
		if has, both := is.(map[string]any); nested && both {
			faults = append(faults, differences(path+"/"+name, inner, has)...)
		} else if !reflect.DeepEqual(is, wanted) {
			faults = append(faults, fmt.Sprintf("%s/%s is %v, not %v", path, name, is, wanted))
		}
	}
	slices.Sort(faults)
	return faults
}

// payloadOf is the middle of a JWT as it stands: the typed claims would hide unknown keys.
func payloadOf(token string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%d parts, not 3", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	err = json.NewDecoder(bytes.NewReader(text)).Decode(&claims)
	return claims, err
}
