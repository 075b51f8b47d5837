// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	execute, timeout := flags.Bool("execute", false, ""), flags.Duration("timeout", 0, "")
	names, err := parse(flags, []string{"-execute", "quickstart", "-timeout", "5m", "fig01"})
	if err != nil || !*execute || timeout.Minutes() != 5 || !slices.Equal(names, []string{"quickstart", "fig01"}) {
		t.Errorf("found %v, %v, %v, %v", *execute, *timeout, names, err)
	}
}
