// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I, method
// 3; printed to four digits.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0.0000, 0.1611},
		{1, 29, 0.0061, 0.1718},
		{29, 29, 0.8830, 1.0000}, // by symmetry with 0 of 29: z²/(n+z²) = 0.1170
	} {
		m := Share("accuracy", c.k, c.n, "examples")
		if math.Abs(m.Low-100*c.low) > 0.005+1e-9 || math.Abs(m.High-100*c.high) > 0.005+1e-9 {
			t.Errorf("%d of %d: [%.4f, %.4f]; want [%.4f, %.4f]", c.k, c.n, m.Low/100, m.High/100, c.low, c.high)
		}
		if m.Value != 100*(float64(c.k)/float64(c.n)) || m.N != c.n {
			t.Errorf("%d of %d: %v", c.k, c.n, m)
		}
	}
}

// The bootstrap of a share is near its normal interval, p ± 1.96·sqrt(p(1-p)/n); 1,000 resamples leave a few percent of
// its width to chance.
func TestBootstrap(t *testing.T) {
	const n, p = 2000, 0.3
	mean := func(sample []int) float64 {
		k := 0
		for _, i := range sample {
			if i < p*n {
				k++
			}
		}
		return 100 * float64(k) / float64(len(sample))
	}
	m := Bootstrap("share", n, "examples", mean)
	half := 100 * 1.96 * math.Sqrt(p*(1-p)/n) // 2.008
	if m.Value != 30 || math.Abs(m.Low-(30-half)) > 0.2*half || math.Abs(m.High-(30+half)) > 0.2*half {
		t.Errorf("%v; want about [%.2f, %.2f]", m, 30-half, 30+half)
	}
	if again := Bootstrap("share", n, "examples", mean); again != m {
		t.Errorf("%v the second time, %v the first", again, m)
	}
	for _, constant := range []float64{0, 100} {
		if m := Bootstrap("f1", 7, "examples", func([]int) float64 { return constant }); m.Low != constant ||
			m.High != constant {
			t.Errorf("%v; want no width around %v", m, constant)
		}
	}
}

// score scores predictions against rows.
func score(t *testing.T, task Task, f Format, rows []string, predictions ...string) Scores {
	t.Helper()
	scores, err := task.Score(f, decode(t, task, rows...), predictions)
	if err != nil {
		t.Fatal(err)
	}
	return scores
}

func values(s Scores) map[string]float64 {
	all := map[string]float64{}
	for _, m := range s.Metrics {
		all[m.Name] = math.Round(1e6*m.Value) / 1e6
	}
	return all
}

func cbRows(labels ...string) (rows []string) {
	for i, label := range labels {
		rows = append(rows, strings.Replace(goodRow(cb, i), "neutral", label, 1))
	}
	return rows
}

// Macro-F1 by hand: entailment 2·1/(1+2), contradiction 2·1/(2+1), neutral 0 for want of a prediction: 44.44. An
// invalid prediction is none of a class.
func TestMacroF1(t *testing.T) {
	rows := cbRows("entailment", "entailment", "contradiction", "neutral")
	scores := score(t, cb, Format{}, rows, "0", "zero", "1", "1")
	if diff := cmp.Diff(map[string]float64{"accuracy": 50, "f1_macro": 44.444444}, values(scores)); diff != "" {
		t.Error(diff)
	}
	if scores.Invalid != 1 {
		t.Errorf("%d invalid; want 1", scores.Invalid)
	}
	// Classes that are absent from the gold labels, from the predictions, or from both count all the same: as T5's call
	// of scikit-learn has it, fbeta_score(gold, predicted, beta=1, labels=range(3), average="macro"), invalid
	// predictions -1.
	for _, c := range []struct {
		gold, predictions []string
		want              float64
	}{
		{[]string{"entailment", "entailment", "contradiction"}, []string{"0", "1", "1"}, 44.444444},
		{[]string{"entailment", "entailment", "contradiction", "contradiction"}, []string{"2", "2", "", "1"},
			22.222222},
		{[]string{"neutral", "neutral"}, []string{"0", "x"}, 0},
	} {
		if got := values(score(t, cb, Format{}, cbRows(c.gold...), c.predictions...))["f1_macro"]; got != c.want {
			t.Errorf("%v predicted %v: %v; scikit-learn has %v", c.gold, c.predictions, got, c.want)
		}
	}
}

// TestMacroF1Interval: where all predictions are right the bootstrap has no doubt, although most of its samples lack the
// rare class; scikit-learn's default, too, averages over the classes that are there.
func TestMacroF1Interval(t *testing.T) {
	var gold, predictions []string
	for i, n := range []int{10, 9, 1} {
		gold = append(gold, slices.Repeat([]string{[]string{"entailment", "contradiction", "neutral"}[i]}, n)...)
		predictions = append(predictions, slices.Repeat([]string{strconv.Itoa(i)}, n)...)
	}
	f1 := score(t, cb, Format{}, cbRows(gold...), predictions...).Metrics[1]
	if f1.Name != "f1_macro" || f1.Value != 100 || f1.Low != 100 || f1.High != 100 {
		t.Errorf("found %v", f1)
	}
}

// Three questions of two answers each; answers 1, 3, 4 and 6 are True. First 1, 2, 3 are called True, and 5 for being
// invalid on a False answer, but not 6, invalid on a True one: F1 = 2·2/(4+4), and each question has a wrong one. Then
// 1, 3, 5 and 6: F1 = 2·3/(4+4), and the first question is right.
func TestMultiRC(t *testing.T) {
	rows := []string{`{"idx": 0, "passage": {"text": "p", "questions": [
		{"question": "q", "idx": 0, "answers": [{"text": "a", "idx": 0, "label": 1}, {"text": "b", "idx": 1, "label": 0}]},
		{"question": "q", "idx": 1, "answers": [{"text": "a", "idx": 2, "label": 1}, {"text": "b", "idx": 3, "label": 1}]}]}}`,
		`{"idx": 1, "passage": {"text": "p", "questions": [
		{"question": "q", "idx": 2, "answers": [{"text": "a", "idx": 4, "label": 0}, {"text": "b", "idx": 5, "label": 1}]}]}}`}
	scores := score(t, multirc, Format{}, rows, "1", "1", "1", "0", "maybe", "")
	if diff := cmp.Diff(map[string]float64{"f1a": 50, "em": 0}, values(scores)); diff != "" {
		t.Error(diff)
	}
	scores = score(t, multirc, Format{}, rows, "1", "0", "1", "0", "maybe", "1")
	if diff := cmp.Diff(map[string]float64{"f1a": 75, "em": 33.333333}, values(scores)); diff != "" {
		t.Error(diff)
	}
	if n, unit := scores.Metrics[1].N, scores.Metrics[1].Unit; n != 3 || unit != "questions" {
		t.Errorf("em counts %d %s; want 3 questions", n, unit)
	}
}

// clustered are answers to n questions, each repeated: of a question either all predictions are right or most are
// wrong.
func clustered(n, repeats int) (answers []Answer) {
	random := rand.New(rand.NewPCG(1, 2))
	for q := range n {
		wrong := 0.1
		if random.IntN(2) == 0 {
			wrong = 0.8
		}
		for range 2 + random.IntN(8) {
			gold, said := random.IntN(2), 0
			if said = gold; random.Float64() < wrong {
				said = 1 - gold
			}
			for range repeats {
				x := MultiRC{Passage: q / 3, Question: q, Answer: len(answers), Label: gold}
				answers = append(answers, Answer{Example: x, Class: said})
			}
		}
	}
	return answers
}

// F1a's interval is that of questions, which are independent, and not of answers. By the delta method the ratio
// F1 = 2·Σboth/Σ(predicted + gold) of sums over m questions has the standard error
// sqrt(m/(m-1)·Σ(2·both - F1·(predicted + gold))²)/Σ(predicted + gold).
func TestMultiRCInterval(t *testing.T) {
	answers := clustered(500, 1)
	m := f1a(answers)
	var both, size []float64
	var sumBoth, sumSize float64
	for _, question := range byQuestion(answers) {
		var b, s float64
		for _, a := range question {
			s += float64(a.Example.Class() + a.Class)
			b += float64(a.Example.Class() * a.Class)
		}
		both, size, sumBoth, sumSize = append(both, b), append(size, s), sumBoth+b, sumSize+s
	}
	f, squares, n := 2*sumBoth/sumSize, 0.0, float64(len(both))
	for i := range both {
		squares += (2*both[i] - f*size[i]) * (2*both[i] - f*size[i])
	}
	half := 100 * 1.96 * math.Sqrt(n/(n-1)*squares) / sumSize
	width, shift := m.High-m.Low, (m.High+m.Low)/2-m.Value
	if math.Abs(m.Value-100*f) > 1e-9 || math.Abs(width-2*half) > 0.1*2*half || math.Abs(shift) > 0.1*half {
		t.Errorf("%v; want %.3f ± %.3f", m, 100*f, half)
	}
	if m.N != len(answers) || m.Unit != "examples" || len(both) != 500 {
		t.Errorf("%v; want all %d answers counted, to 500 questions", m, len(answers))
	}
	// More answers that say the same tell nothing new.
	repeated := f1a(clustered(500, 3))
	if repeated.Low != m.Low || repeated.High != m.High || repeated.Value != m.Value {
		t.Errorf("each answer three times: %v; want the interval of %v", repeated, m)
	}
}

func TestReCoRDMetrics(t *testing.T) {
	row := func(idx string) string {
		return `{"idx": ` + idx + `, "passage": {"text": "The United States, and the U.S.",
			"entities": [{"start": 0, "end": 16}, {"start": 27, "end": 30}]}, "qas": [{"idx": ` + idx + `, "query": "q",
			"answers": [{"start": 4, "end": 16, "text": "United States"}, {"start": 27, "end": 30, "text": "U.S."}]}]}`
	}
	rows := []string{row("0"), row("1"), row("2"), row("3")}
	// Articles, case and punctuation do not count; of two answers the better does: "states" has precision 1, recall
	// 1/2.
	scores := score(t, record, Format{}, rows, "the  united states.", "US", "states", "an a the")
	if diff := cmp.Diff(map[string]float64{"em": 50, "f1": 66.666667}, values(scores)); diff != "" {
		t.Error(diff)
	}
	if m := scores.Metrics[0]; m.Name != "f1" || m.Unit != "queries" || m.N != 4 {
		t.Errorf("first is %v; want f1 of 4 queries", m)
	}
	if scores.Invalid != 2 {
		t.Errorf("%d are no entity; want 2", scores.Invalid)
	}
}

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"The A-Team's  \n an\tapple!": "ateams apple", // hyphens go before articles do, as in SQuAD
		"theatre An":                  "theatre",
		"«the» été":                   "« » été",
		"a_b":                         "ab",
		"Beyoncé’s “The Hit”…":        "beyoncé’s “ hit”…", // as Python's SQuAD script: only ASCII punctuation goes
		"a\u00a0b—the c":              "b— c",
		"ÁN an\u0301 A":               "án \u0301",
		"co-the-op":                   "cotheop",
	} {
		if got := normalise(in); got != want {
			t.Errorf("%q becomes %q; want %q", in, got, want)
		}
	}
}

// T5's rule, case by case.
func TestRefersTo(t *testing.T) {
	for _, c := range []struct {
		prediction, candidate string
		want                  int
	}{
		{"the city councilmen", "The city councilmen", 1},
		{"councilmen", "The city councilmen", 1}, // fewer words
		{"the big city councilmen", "city councilmen", 1},
		{"the demonstrators", "The city councilmen", 0},
		{"Bob", "Bob's hat", 0},
		{"Bob's", "Bob's hat", 1},
		{"hat", "Bob's hat", 0}, // one apostrophe
		{"", "Bob", -1},
		{"  the ", "Bob", -1}, // determiners only
		{"his", "Bob", -1},
		{"Bob.", "Bob", 0}, // punctuation is part of a word
		{"bob jones", "Jones", 1},
		{"bob smith", "bob jones", 0},
	} {
		if got := refersTo(c.prediction, c.candidate); got != c.want {
			t.Errorf("%q for %q is %d; want %d", c.prediction, c.candidate, got, c.want)
		}
	}
}

// All rows count, by comparing with the label whether the prediction names the candidate; the released code's number
// counts the rows whose label is True.
func TestWSCMetrics(t *testing.T) {
	isFalse := strings.Replace(goodRow(wsc, 1), "true", "false", 1)
	rows := []string{goodRow(wsc, 0), isFalse}
	for _, idx := range []string{"2", "3"} {
		rows = append(rows, strings.Replace(isFalse, `"idx": 1`, `"idx": `+idx, 1))
	}
	scores := score(t, wsc, Format{}, rows, "Bea", "someone else", "bea", "")
	if diff := cmp.Diff(map[string]float64{"accuracy": 50, "accuracy_true_only": 100}, values(scores)); diff != "" {
		t.Error(diff)
	}
	if scores.Metrics[0].N != 4 || scores.Metrics[1].N != 1 {
		t.Errorf("%v; want 4 and 1 examples", scores.Metrics)
	}
	if got := score(t, wsc, Format{}, []string{isFalse}, "x"); len(got.Metrics) != 1 {
		t.Errorf("%v; want no number of the True rows where there is none", got.Metrics)
	}
}

func TestNotes(t *testing.T) {
	rows := cbRows("entailment", "neutral", "neutral", "contradiction")
	for _, c := range []struct {
		predictions []string
		notes       []string
	}{
		{[]string{"0", "2", "2", "1"}, nil},
		{[]string{"2", "2 ", " 2", "2\n"}, []string{`all 4 predictions are "2"`}},
		{[]string{"0", "2", "2", "neutral"}, []string{"1 of 4 predictions (25 %) are no possible answer"}},
		{[]string{"x", "x", "x", "x"}, []string{`all 4 predictions are "x"`,
			"4 of 4 predictions (100 %) are no possible answer"}},
	} {
		if diff := cmp.Diff(c.notes, score(t, cb, Format{}, rows, c.predictions...).Notes); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", c.predictions, diff)
		}
	}
	if _, err := cb.Score(Format{}, decode(t, cb, rows...), []string{"0"}); err == nil {
		t.Error("1 prediction for 4 examples was scored")
	}
	if _, err := cb.Score(Format{}, nil, nil); err == nil {
		t.Error("nothing was scored")
	}
}

// TestLower: lower case is Python's: "ΣΊΣΥΦΟΣ".lower() and so on in CPython 3.11.
func TestLower(t *testing.T) {
	for text, want := range map[string]string{
		"ΣΊΣΥΦΟΣ": "σίσυφος", "İzmir": "i\u0307zmir", "Ǆ Ω ẞ": "ǆ ω ß", "ΑΣ, ΑΣΑ Σ": "ας, ασα σ", "The A": "the a",
	} {
		if got := lower(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestNoInterval: where all answers are right a bootstrap has nothing to vary, and no interval is written; Wilson's of a
// share has a width there, too.
func TestNoInterval(t *testing.T) {
	f1 := Bootstrap("f1", 3, "questions", func([]int) float64 { return 100 })
	if got, want := f1.String(), "f1 100.00 [–] (3 questions)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Share("accuracy", 20, 20, "examples").Interval(), "83.9 to 100.0"; got != want { // 20 / (20 + 1.96²)
		t.Errorf("got %q, want %q", got, want)
	}
}
