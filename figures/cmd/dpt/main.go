// SPDX-License-Identifier: Apache-2.0

// Dpt trains and evaluates soft prompts for T5 from the command line, and draws the paper's figures.
//
//	go tool dpt --help
package main

import "dpt/figures/cmd"

func main() { cmd.Main() }
