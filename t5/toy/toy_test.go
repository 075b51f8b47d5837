// SPDX-License-Identifier: Apache-2.0

package toy_test

import (
	"fmt"
	"testing"

	"dpt/dptlib/pjrt"
	"dpt/t5/toy"
)

func Example() {
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		panic(err)
	}
	ids := vocabulary.Encode("The weather was fine.")
	fmt.Println(vocabulary.Decode(ids))
	// Output: The weather was fine.
}

// TestVocabularyFits: each id needs a row of the embedding table, and English must not be a flood of unknowns.
func TestVocabularyFits(t *testing.T) {
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	backend, err := pjrt.Backend()
	if err != nil {
		t.Fatal(err)
	}
	m, err := toy.Untrained(backend, 1)
	if err != nil {
		t.Fatal(err)
	}
	if vocabulary.Size() > m.VocabSize {
		t.Errorf("%d pieces need as many rows, found %d", vocabulary.Size(), m.VocabSize)
	}
	for _, text := range []string{"Hydrogen is element 1; its isotopes weigh (roughly) 1, 2 & 3 units.", `"Why?" asked Zoe's neighbour - 50% of the time.`} {
		for _, id := range vocabulary.Encode(text) {
			if id == vocabulary.Unk {
				t.Errorf("%q has unknown pieces", text)
				break
			}
		}
	}
}
