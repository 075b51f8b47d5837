// SPDX-License-Identifier: Apache-2.0

//go:build ignore

// Models writes T5s of the published sizes, with random weights, as HuggingFace stores them.
//
//	go run .ci/models.go DIR VOCABULARY t5-small t5-base t5-large
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/pjrt"
	"dpt/t5"
)

func main() {
	backend, err := pjrt.Backend()
	if err != nil {
		log.Fatal(err)
	}
	vocabulary, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	sizes := map[string]t5.Config{"t5-small": t5.Small, "t5-base": t5.Base, "t5-large": t5.Large}
	for i, name := range os.Args[3:] {
		dir := filepath.Join(os.Args[1], name)
		m, err := t5.Random(backend, sizes[name], dtypes.BFloat16, uint64(i)) // half of the published files' bytes
		if err == nil {
			err = m.Save(dir)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "spiece.model"), vocabulary, 0o644)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
