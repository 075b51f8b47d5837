// SPDX-License-Identifier: Apache-2.0

package superglue_test

import (
	"fmt"
	"strings"

	"dpt/superglue"
)

// Capital is a row of a task whose target is free text.
type Capital struct {
	superglue.Row
	Country string `json:"country"`
	City    string `json:"city"`
}

// Source is the same in all styles.
func (x Capital) Source(superglue.Style) string { return "capital of " + x.Country }

// A task with free text as its target, scored by exact match.
func ExampleNewTask() {
	task, err := superglue.NewTask(superglue.TaskSpec{
		Name: "capitals",
		Read: func(row superglue.Object) []superglue.Example {
			return []superglue.Example{Capital{superglue.Row{Index: row.Line()}, row.Text("country"), row.Text("city")}}
		},
		Target: func(x superglue.Example, _ superglue.Style) string { return x.(Capital).City },
	})
	if err != nil {
		panic(err)
	}
	rows, err := task.Decode(strings.NewReader(`{"country": "Peru", "city": "Lima"}
{"country": "Norway", "city": "Oslo"}`), "capitals.jsonl")
	if err != nil {
		panic(err)
	}
	source, target := task.Text(rows[1], superglue.Format{})
	fmt.Println(source, "->", target)
	scores, err := task.Score(superglue.Format{}, rows, []string{"Lima", "Bergen"})
	if err != nil {
		panic(err)
	}
	fmt.Println(scores.Metrics[0])
	_, err = task.Decode(strings.NewReader(`{"country": "Peru", "city": 7}`), "capitals.jsonl")
	fmt.Println(err)
	// Output:
	// capital of Norway -> Oslo
	// em 50.00 [9.5 to 90.5] (2 examples)
	// capitals.jsonl:1: field "city": want a string, found 7
}

// Review is a row of a task with classes.
type Review struct {
	superglue.Row
	Text string `json:"text"`
}

// Source has the task's name in front where T5 has it.
func (x Review) Source(s superglue.Style) string {
	if s == superglue.T5 {
		return "review " + x.Text
	}
	return x.Text
}

// severity is how far predicted classes are off, from 100 for not at all to 0; an answer that is no class is as far off
// as can be.
func severity(answers []superglue.Answer) []superglue.Metric {
	const widest = 2
	closeness := superglue.Bootstrap("closeness", len(answers), "reviews", func(sample []int) float64 {
		off := 0
		for _, i := range sample {
			if a := answers[i]; a.Class < 0 {
				off += widest
			} else {
				off += max(a.Class-a.Example.Class(), a.Example.Class()-a.Class)
			}
		}
		return 100 - 100*float64(off)/float64(widest*len(sample))
	})
	return []superglue.Metric{closeness, superglue.Accuracy(answers)}
}

// A task with classes and a metric of its own is found by name as the paper's are.
func ExampleRegister() {
	task, err := superglue.NewTask(superglue.TaskSpec{
		Name:    "Reviews",
		Classes: []string{"bad", "fair", "good"},
		Read: func(row superglue.Object) []superglue.Example {
			id := superglue.Row{Index: row.Index(), Label: row.Label("bad", "fair", "good")}
			return []superglue.Example{Review{id, row.Text("text")}}
		},
		Metrics: severity,
		Metric:  "Closeness",
	})
	if err != nil {
		panic(err)
	}
	superglue.Register(task)

	task, err = superglue.Lookup("reviews")
	if err != nil {
		panic(err)
	}
	rows, err := task.Decode(strings.NewReader(`{"idx": 0, "text": "Never again.", "label": "bad"}
{"idx": 1, "text": "It works.", "label": 1}
{"idx": 2, "text": "A joy.", "label": "good"}`), "reviews.jsonl")
	if err != nil {
		panic(err)
	}
	scores, err := task.Score(superglue.Format{Labels: superglue.Words}, rows, []string{"bad", "good", "good"})
	fmt.Println(scores.Metrics[0], err)
	fmt.Println(scores.Metrics[1])
	_, err = task.Decode(strings.NewReader(`{"idx": 0, "text": "Hm.", "label": "mixed"}`), "reviews.jsonl")
	fmt.Println(err)
	// Output:
	// closeness 83.33 [50.0 to 100.0] (3 reviews) <nil>
	// accuracy 66.67 [20.8 to 93.9] (3 examples)
	// reviews.jsonl:1: field "label": want "bad" or "fair" or "good", found "mixed"
}

// Labels that a vocabulary makes equal are refused by name. A tokenizer gives the function: its Decode of its Encode.
func ExampleTask_CheckTargets() {
	task, err := superglue.Own{Name: "word", Labels: []string{"may", "May"}, Source: "{text}"}.NewTask()
	if err != nil {
		panic(err)
	}
	uncased := strings.ToLower
	fmt.Println(task.CheckTargets(superglue.Format{Labels: superglue.Words}, uncased, nil))
	fmt.Println(task.CheckTargets(superglue.Format{Labels: superglue.Digits}, uncased, nil))
	// Output:
	// word: labels must be told apart, found "may" and "May" both written "may"; rename one, or use digits for labels
	// <nil>
}
