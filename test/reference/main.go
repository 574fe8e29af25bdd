// Command reference puts our credentials before NATS' own Go library. See README.md.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	modes := map[string]func(io.Reader, io.Writer) error{"check": check, "vectors": vectors}
	if len(os.Args) != 2 || modes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: reference check|vectors  (reads stdin, writes stdout)")
		os.Exit(2)
	}
	if err := modes[os.Args[1]](os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
