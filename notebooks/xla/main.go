// SPDX-License-Identifier: Apache-2.0

// Xla ensures that there is an XLA/PJRT plugin, and prints which it is. Setting up the notebooks runs it as a program
// of its own, so that the program that sets up needs no XLA and no C compiler itself.
package main

import (
	"fmt"
	"os"

	"dpt/dptlib/pjrt"
)

func main() {
	if _, err := pjrt.Backend(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(pjrt.Describe())
}
