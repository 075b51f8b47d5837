// SPDX-License-Identifier: Apache-2.0

package cmd_test

import (
	"dpt/dptlib/prompt"
	"dpt/figures/cmd"
)

// long is DPT with another default for its length; a method of your own is written as prompt's Example shows.
type long struct{ prompt.DPT }

func (long) Name() string { return "long DPT" }

var _ = prompt.Register(long{prompt.DPT{Length: 200, Bottleneck: 10, Start: prompt.Uniform}})

// A dpt command of your own, in which dpt train --method "long DPT" works.
func Example() {
	cmd.Main()
}
