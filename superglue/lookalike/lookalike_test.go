// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dpt/superglue"
)

func Example() {
	rows, err := Generate("WSC", "val", 1, 3)
	if err != nil {
		panic(err)
	}
	wsc, _ := superglue.Lookup("WSC")
	examples, err := wsc.Decode(bytes.NewReader(rows), "toy WSC")
	if err != nil {
		panic(err)
	}
	source, _ := wsc.Text(examples[0], superglue.Format{})
	fmt.Println(source)
	// Output: Fay rewarded Olga because * she * was always kind.
}

var words = superglue.Format{Style: superglue.T5, Labels: superglue.Words}

// split makes n examples, or a few more where a row has several.
func split(t *testing.T, task superglue.Task, name string, n int, seed uint64) []superglue.Example {
	t.Helper()
	lines, err := Generate(task.Name, name, n, seed)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := task.Decode(bytes.NewReader(lines), "rows")
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// TestSolvable: by rules, from an example's texts alone, each example of every task, split and several seeds.
func TestSolvable(t *testing.T) {
	for _, task := range superglue.All() {
		for seed := range uint64(3) {
			for _, name := range []string{"train", "val", "test"} {
				examples := split(t, task, name, 150, seed)
				predictions := make([]string, len(examples))
				for i, x := range examples {
					predictions[i] = solve(task, x)
				}
				scores, err := task.Score(words, task.Evaluation(examples), predictions)
				if err != nil {
					t.Fatal(err)
				}
				if got := scores.Metrics[0].Value; got != 100 {
					t.Errorf("%s %s, seed %d: the rules score %.2f, want 100", task.Name, name, seed, got)
				}
			}
		}
	}
}

// contentOf is the texts that make an example what it is: its passage, or else all of them, in any order.
func contentOf(t *testing.T, x superglue.Example) string {
	t.Helper()
	var fields map[string]any
	raw, err := json.Marshal(x)
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, names := range [][]string{
		{"PassageText", "Passage"}, {"Premise", "Hypothesis", "Choice1", "Choice2", "Sentence1", "Sentence2", "Text"},
	} {
		for _, name := range names {
			if text, ok := fields[name].(string); ok {
				texts = append(texts, text)
			}
		}
		if texts != nil {
			break
		}
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n")
}

// masked is the content without what may change while a row stays much the same: names; and of COPA and WSC all but the
// events, and all but who is praised or scolded why.
func masked(t *testing.T, task superglue.Task, x superglue.Example) string {
	var lines []string
	essence := slices.Concat(slices.Concat(chains...), praise, scold, good, bad, []string{"although"})
	for text := range strings.Lines(contentOf(t, x)) {
		var kept []string
		for _, word := range strings.FieldsFunc(text, notLetter) {
			inside := slices.Contains(essence, word)
			if inside || task.Name != "COPA" && task.Name != "WSC" && !slices.Contains(names, word) {
				kept = append(kept, word)
			}
		}
		lines = append(lines, strings.Join(kept, " "))
	}
	slices.Sort(lines) // after the names are gone, as the order of the texts does not matter
	return strings.Join(lines, "\n")
}

// TestSidesApart: no validation or test example of any seed has the content of a training example or of an item of the
// pre-training stream, not even under other names.
func TestSidesApart(t *testing.T) {
	for _, task := range superglue.All() {
		side := map[string]string{}
		for seed := range uint64(3) {
			for _, name := range []string{"train", "val", "test"} {
				examples := split(t, task, name, 150, seed)
				for _, x := range examples {
					content := masked(t, task, x)
					if other, ok := side[content]; ok && other != name {
						t.Fatalf("%s: %v is on %s and %s", task.Name, x, other, name)
					}
					side[content] = name
				}
			}
		}
		look, err := find(task.Name, "val")
		if err != nil {
			t.Fatal(err)
		}
		r := newRNG(1, 2)
		for i := range 3000 {
			_, examples := look.draw(r, "stream", r.IntN(max(1, len(look.labels))), i)
			for _, x := range examples {
				if other, ok := side[masked(t, task, x)]; ok {
					t.Fatalf("%s: the stream has %v, which is in %s", task.Name, x, other)
				}
			}
		}
	}
}

// TestHeldOut: the parts that five tasks hold out are in their splits, and in no item of theirs in the stream.
func TestHeldOut(t *testing.T) {
	has := func(task task, x superglue.Example) bool {
		words := strings.FieldsFunc(contentOf(t, x), notLetter)
		return slices.ContainsFunc(task.heldOut, func(word string) bool { return slices.Contains(words, word) })
	}
	tested := 0
	for _, task := range tasks {
		if task.heldOut == nil {
			continue
		}
		tested++
		for _, name := range []string{"train", "val", "test"} {
			n, examples := 0.0, split(t, task.Task, name, 300, 1)
			for _, x := range examples {
				if has(task, x) {
					n += 1 / float64(len(examples))
				}
			}
			if n < .15 || n > .55 {
				t.Errorf("%s %s: %.2f of the rows have parts that pre-training holds out, want 0.15 to 0.55", task.Name, name,
					n)
			}
		}
		r := newRNG(7, 7)
		for i := range 500 {
			_, examples := task.draw(r, "stream", r.IntN(max(1, len(task.labels))), i)
			if slices.ContainsFunc(examples, func(x superglue.Example) bool { return has(task, x) }) {
				t.Fatalf("%s: the stream has %v", task.Name, examples)
			}
		}
	}
	seen := map[string]bool{}
	stream, r := NewStream(1, 0), newRNG(1, 0)
	for range 4000 {
		source, _ := lexical(r)
		for _, word := range strings.FieldsFunc(source+" "+stream.Next(.5).Source, notLetter) {
			seen[word] = true
		}
	}
	for _, task := range tasks {
		for _, word := range task.heldOut {
			if !seen[word] {
				t.Errorf("%s holds out %q, which must be in other texts of the stream", task.Name, word)
			}
		}
	}
	if tested != 5 {
		t.Errorf("five tasks hold parts out, found %d", tested)
	}
}

// TestStream: what the mixture promises of its texts. Every prefix is a task's or another's; none is in the form that
// prompts are tuned on.
func TestStream(t *testing.T) {
	tuned := regexp.MustCompile(
		`^(question:|passage:|premise:|hypothesis:|sentence[12]:|choice[12]:|answer:|paragraph:|word:|superglue-)`)
	digits, kinds := 0, map[Kind]int{}
	held := map[string]bool{} // texts that are evaluated on
	for _, task := range superglue.All() {
		for seed := range uint64(2) {
			for _, name := range []string{"train", "val", "test"} {
				examples := split(t, task, name, 150, seed)
				for _, x := range examples {
					source, _ := task.Text(x, words)
					held[source] = true
				}
			}
		}
	}
	s := NewStream(5, 0)
	const n = 10000
	for i := range n {
		progress := float64(i) / n
		text := s.Next(progress)
		if progress >= .5 { // the stages before it leave kinds out
			kinds[text.Kind]++
		}
		continues := text.Kind == Continue || text.Kind == Word && text.Task == "WSC"
		if text.Source == "" || text.Target == "" && !continues || strings.Contains(text.Source+text.Target, "  ") {
			t.Fatalf("%+v: texts must be words with single spaces", text)
		}
		bare := text.Kind == Span || text.Kind == Continue
		if tuned.MatchString(text.Source) && (!bare || len(text.Target) == 1) {
			t.Fatalf("%+v has the form that prompts are tuned on", text)
		}
		if held[text.Source] {
			t.Fatalf("%+v is in a split", text)
		}
		if len(text.Target) == 1 && text.Target[0] >= '0' && text.Target[0] <= '9' {
			digits++
		}
	}
	for _, kind := range Kinds {
		if kinds[kind] < n/2/100 {
			t.Errorf("%d of %d texts are %s, want at least 1 %%", kinds[kind], n/2, kind)
		}
	}
	if digits < n/100 {
		t.Errorf("%d of %d answers are digits, want at least 1 %%", digits, n)
	}
}

// TestStreamAnswers: labels in the mixture are right.
func TestStreamAnswers(t *testing.T) {
	r := newRNG(3, 4)
	for _, task := range tasks {
		for i := range 500 {
			label := r.IntN(max(1, len(task.labels)))
			if task.onlyTrue {
				label = 1
			}
			it, examples := task.draw(r, "stream", label, i)
			for j, x := range examples {
				want := solve(task.Task, x)
				_, target := task.text(r, Word, it, x, j)
				for task.continued > 0 && !slices.Contains(names, target) { // it is continued at times
					_, target = task.text(r, Word, it, x, j)
				}
				if target != want {
					t.Fatalf("%s: %v has the answer %q, want %q", task.Name, x, target, want)
				}
				if _, why := task.text(r, Why, it, x, j); !strings.HasSuffix(why, " "+want) {
					t.Fatalf("%s: the reason %q must end in %q", task.Name, why, want)
				}
			}
		}
	}
}

// TestDifference: nothing in a claim is wrong just where the fact entails it, and what is wrong is no part of the fact.
func TestDifference(t *testing.T) {
	r, wrong := newRNG(5, 6), 0
	for range 2000 {
		facts := r.facts(2, .4, .5)
		claim := change(r, facts[0], facts)
		got := difference(facts[0], claim)
		if (got == "nothing") != entails(facts[0], claim) {
			t.Fatalf("%v of %v: %q is wrong, and it follows: %v", claim, facts[0], got, entails(facts[0], claim))
		}
		if got == "nothing" {
			continue
		}
		wrong++
		did := strings.Replace(claim.String(), claim.verb().past, claim.verb().base, 1)
		if !slices.Contains(strings.FieldsFunc(did, notLetter), got) ||
			slices.Contains(strings.FieldsFunc(facts[0].String(), notLetter), got) {
			t.Errorf("%q is wrong of %q, and must be a part of it alone: the fact is %q", got, did, facts[0])
		}
	}
	if wrong < 500 {
		t.Errorf("%d of 2,000 claims are wrong, too few to tell", wrong)
	}
}

// TestGifts: of queries about who has a thing in the end, four in five need two steps, as newReCoRD says: someone else
// has it than the one that its own sentence names. The bound is four standard deviations of 1,500 such queries or so.
func TestGifts(t *testing.T) {
	asked, two := 0., 0.
	for _, x := range split(t, lookup("ReCoRD"), "val", 10000, 1) {
		q := x.(superglue.ReCoRD)
		thing, ok := strings.CutSuffix(strings.TrimPrefix(q.QueryText, "@placeholder has the "), " now.")
		if !ok {
			continue
		}
		asked++
		for _, sentence := range strings.Split(q.PassageText, ".") {
			if slices.Contains(strings.Fields(sentence), thing) && !strings.Contains(sentence, q.Answer) {
				two++
			}
		}
	}
	if share := two / asked; asked < 1000 || math.Abs(share-.8) > .04 {
		t.Errorf("%.0f of %.0f queries take two steps, want four in five of some 1,500", two, asked)
	}
}

// TestShares: classes come as often as documented.
func TestShares(t *testing.T) {
	for _, task := range tasks {
		examples, err := Split(task.Name, "val", 9)
		if err != nil {
			t.Fatal(err)
		}
		count := map[int]float64{}
		for _, x := range examples {
			count[x.Class()] += 1 / float64(len(examples))
		}
		for class, share := range task.labels {
			if !(math.Abs(count[class]-share) <= 1/float64(len(examples))) {
				t.Errorf("%s: class %d has a share of %.3f, want %.3f", task.Name, class, count[class], share)
			}
		}
		if task.Name == "MultiRC" && (count[1] < .4 || count[1] > .65) {
			t.Errorf("%.2f of MultiRC's answers are right, want 0.4 to 0.65", count[1])
		}
	}
}

// TestSeeds: a seed's rows are always the same, and another's differ.
func TestSeeds(t *testing.T) {
	for _, task := range tasks {
		first, err := Generate(task.Name, "val", 50, 1)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Generate(task.Name, "val", 50, 1)
		other, _ := Generate(task.Name, "val", 50, 2)
		if !bytes.Equal(first, again) {
			t.Errorf("%s: equal seeds must give equal rows", task.Name)
		}
		if bytes.Equal(first, other) {
			t.Errorf("%s: different seeds must give different rows", task.Name)
		}
	}
}

// TestWrite: the files are read back as the official ones are.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, 4); err != nil {
		t.Fatal(err)
	}
	for _, task := range superglue.All() {
		for _, split := range []string{"train", "val"} {
			read, err := task.ReadSplit(dir, split)
			if err != nil {
				t.Fatal(err)
			}
			made, err := Split(task.Name, split, 4)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(read) != fmt.Sprint(made) {
				t.Errorf("%s: the files do not hold what Split makes", filepath.Join(task.Name, split))
			}
		}
	}
}

// TestGrammar: articles agree, sentences start with capitals, and negation is followed by an infinitive.
func TestGrammar(t *testing.T) {
	wrong := regexp.MustCompile(`\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|[.?!] [a-z@]|did not \w+ed\b|  |\.\.`)
	for _, task := range superglue.All() {
		examples, err := Split(task.Name, "train", 6)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range examples {
			for text := range strings.SplitSeq(contentOf(t, x), "\n") {
				if found := wrong.FindString(text); found != "" && found != "did not need" {
					t.Fatalf("%s: %q in %q", task.Name, found, text)
				}
			}
		}
	}
}

// TestCandidates: the right answer is among the candidates, and there are as many of them as there are people in a text
// of WSC, or entities in a text of ReCoRD.
func TestCandidates(t *testing.T) {
	for _, task := range superglue.All() {
		for _, x := range task.Training(split(t, task, "val", 50, 3)) {
			_, target := task.Text(x, words)
			candidates := Candidates(task, words, x)
			n := max(len(task.Targets(words)), 2)
			if task.Classes == nil {
				n = 3
			}
			if len(candidates) != n || !slices.Contains(candidates, target) {
				t.Fatalf("%s: %v has the candidates %q; want %d with %q", task.Name, x, candidates, n, target)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	own, err := superglue.Own{Name: "Registered", Labels: []string{"a", "b"}, Source: "{text}"}.NewTask()
	if err != nil {
		t.Fatal(err)
	}
	superglue.Register(own) // has no look-alike
	for _, c := range []struct {
		task, split string
		n           int
		want        string
	}{
		{"AX-b", "val", 1, "MultiRC"}, {"Registered", "val", 1, "MultiRC"}, {"CB", "dev", 1, `"val"`},
		{"CB", "val", 0, "1 to"}, {"CB", "val", most + 1, "1 to"},
	} {
		if _, err := Generate(c.task, c.split, c.n, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want an error with %q", c, err, c.want)
		}
	}
}
