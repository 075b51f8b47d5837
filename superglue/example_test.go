// SPDX-License-Identifier: Apache-2.0

package superglue_test

import (
	"fmt"
	"strings"

	"dpt/superglue"
)

const rows = `{"premise": "It rained. I think the road is wet.", "hypothesis": "the road is wet", "label": "entailment", "idx": 0}
{"premise": "Is the road wet?", "hypothesis": "the road is wet", "label": "neutral", "idx": 1}`

// A row becomes text in one of three formats, and decoded predictions become scores.
func Example() {
	cb, err := superglue.Lookup("cb")
	if err != nil {
		panic(err)
	}
	examples, err := cb.Decode(strings.NewReader(rows), "rows.jsonl")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"dpt", "dpt-oct", "t5"} {
		format, err := superglue.ParseFormat(name)
		if err != nil {
			panic(err)
		}
		source, target := cb.Text(examples[0], format)
		fmt.Printf("%s: %s -> %s\n", name, source, target)
	}
	scores, err := cb.Score(superglue.Format{}, examples, []string{"0", "1"})
	if err != nil {
		panic(err)
	}
	fmt.Println(scores.Metrics[0])
	// Output:
	// dpt: premise: It rained. I think the road is wet. hypothesis: the road is wet -> 0
	// dpt-oct: superglue-cb premise: It rained. I think the road is wet. hypothesis: the road is wet -> 0
	// t5: cb hypothesis: the road is wet premise: It rained. I think the road is wet. -> entailment
	// accuracy 50.00 [9.5 to 90.5] (2 examples)
}

// The error of a row that is not sound names its file, line and field.
func ExampleTask_Decode() {
	wic, err := superglue.Lookup("WiC")
	if err != nil {
		panic(err)
	}
	_, err = wic.Decode(strings.NewReader(`{"word": "run", "sentence1": "A run.", "sentence2": "Run!", "idx": 0, "label": true,`+
		` "start1": 2, "end1": 5, "start2": 0, "end2": 30}`), "WiC/train.jsonl")
	fmt.Println(err)
	// Output:
	// WiC/train.jsonl:1: field "end2": want a span inside the text's 4 characters, found 0 to 30
}

// Few-shot draws are the same for every method of a seed, and nested.
func ExampleFewShot() {
	cb, err := superglue.Lookup("CB")
	if err != nil {
		panic(err)
	}
	var lines []string
	for i := range 100 {
		lines = append(lines, fmt.Sprintf(`{"premise": "p", "hypothesis": "h", "label": "neutral", "idx": %d}`, i))
	}
	examples, err := cb.Decode(strings.NewReader(strings.Join(lines, "\n")), "rows.jsonl")
	if err != nil {
		panic(err)
	}
	for _, k := range []int{4, 8} {
		_, indices, err := superglue.FewShot(cb.Training(examples), k, 42)
		if err != nil {
			panic(err)
		}
		fmt.Println(indices)
	}
	// Output:
	// [76 4 81 68]
	// [76 4 81 68 7 23 88 54]
}
