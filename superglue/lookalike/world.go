// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// The world: who there is, what there is, and what follows from what. Everything the tasks ask can be answered from these
// tables and the text of the row.

var (
	men   = strings.Fields("Adam Ben Carl Dan Eric Frank Hugo Ian Jack Leo Mark Noah Oscar Paul Rex Tom")
	women = strings.Fields("Anna Beth Clara Dora Emma Fay Grace Ida Jane Kate Lisa Mary Nora Olga Rita Sara")
	names = slices.Concat(men, women)

	places  = strings.Fields("Lima Perth Oslo Cairo Paris Quito Delhi Rome Kyoto Boston")
	colours = strings.Fields("red blue green white black brown yellow grey")
)

// kinds are the six kinds of things, and things what is of each.
var (
	kinds  = strings.Fields("animal fruit tool vehicle garment instrument")
	things = [][]string{
		strings.Fields("dog horse goat cat duck sheep"),
		strings.Fields("lemon apple pear plum mango cherry"),
		strings.Fields("hammer saw axe drill shovel wrench"),
		strings.Fields("truck bicycle tractor car wagon sled"),
		strings.Fields("scarf coat hat shirt glove belt"),
		strings.Fields("guitar flute violin trumpet harp banjo"),
	}
)

// verb is a verb's infinitive and its past.
type verb struct{ base, past string }

// actions are what people do to things: two verbs each that mean the same.
var actions = [][2]verb{
	{{"buy", "bought"}, {"purchase", "purchased"}},
	{{"fix", "fixed"}, {"repair", "repaired"}},
	{{"find", "found"}, {"discover", "discovered"}},
	{{"hide", "hid"}, {"conceal", "concealed"}},
	{{"damage", "damaged"}, {"harm", "harmed"}},
	{{"take", "took"}, {"grab", "grabbed"}},
	{{"choose", "chose"}, {"pick", "picked"}},
	{{"show", "showed"}, {"display", "displayed"}},
}

// opposites are adjectives of which a thing has exactly one.
var opposites = [][2]string{
	{"wet", "dry"}, {"soft", "hard"}, {"clean", "dirty"}, {"heavy", "light"},
	{"old", "new"}, {"big", "small"}, {"hot", "cold"}, {"cheap", "costly"},
}

// chains are events of which each is the cause of the next.
var chains = [][]string{
	strings.Fields("overslept hurried stumbled limped"),
	strings.Fields("fasted hungered feasted dozed"),
	strings.Fields("jogged sweated showered shivered"),
	strings.Fields("studied graduated celebrated danced"),
	strings.Fields("cheated blushed confessed apologised"),
	strings.Fields("sneezed coughed fainted recovered"),
	strings.Fields("gambled lost borrowed repaid"),
	strings.Fields("trained competed won bragged"),
	strings.Fields("trespassed fled crouched surrendered"),
	strings.Fields("planted watered harvested cooked"),
	strings.Fields("joked laughed choked spluttered"),
	strings.Fields("argued shouted wept reconciled"),
	strings.Fields("sailed drifted capsized swam"),
	strings.Fields("climbed slipped bled screamed"),
	strings.Fields("saved travelled photographed returned"),
	strings.Fields("practised performed bowed retired"),
}

// domains are the fields of life that senses belong to, and contexts the words that betray each.
var (
	domains  = strings.Fields("money water wild sport music kitchen office house")
	contexts = [][]string{
		strings.Fields("loan cash cashier coin price debt"),
		strings.Fields("river boat shore wave lake anchor"),
		strings.Fields("forest cave nest zoo fur hunter"),
		strings.Fields("team goal coach referee stadium match"),
		strings.Fields("song piano concert choir drum melody"),
		strings.Fields("oven soup pan butter recipe spoon"),
		strings.Fields("letter desk printer clerk secretary meeting"),
		strings.Fields("roof ladder wall carpenter brick window"),
	}
)

// ambiguous are words with two senses, each in a domain.
var ambiguous = []struct {
	word   string
	senses [2]string
}{
	{"bank", [2]string{"money", "water"}}, {"bat", [2]string{"wild", "sport"}},
	{"seal", [2]string{"wild", "office"}}, {"pitch", [2]string{"sport", "music"}},
	{"note", [2]string{"music", "office"}}, {"scale", [2]string{"music", "kitchen"}},
	{"stock", [2]string{"money", "kitchen"}}, {"fan", [2]string{"sport", "house"}},
	{"crane", [2]string{"wild", "house"}}, {"bass", [2]string{"music", "water"}},
	{"date", [2]string{"kitchen", "office"}}, {"mouse", [2]string{"wild", "office"}},
	{"check", [2]string{"money", "sport"}}, {"jam", [2]string{"kitchen", "music"}},
	{"bill", [2]string{"money", "wild"}}, {"file", [2]string{"office", "house"}},
}

// Verbs after which a clause holds, does not hold, or may hold. Only the first and last are negated: who does not know that
// a thing is so says that it is.
var (
	factive     = []verb{{"know", "knew"}, {"notice", "noticed"}, {"remember", "remembered"}, {"realise", "realised"}}
	antifactive = []verb{{"", "pretended"}, {"", "lied"}, {"", "wrongly claimed"}, {"", "falsely reported"}}
	nonfactive  = []verb{{"claim", "claimed"}, {"report", "reported"}, {"hope", "hoped"}, {"guess", "guessed"}}
)

// People praise the good and scold the bad.
var (
	praise = strings.Fields("praised thanked rewarded hugged admired trusted")
	scold  = strings.Fields("scolded blamed punished avoided insulted distrusted")
	good   = strings.Fields("kind honest helpful polite brave loyal")
	bad    = strings.Fields("rude cruel lazy careless selfish greedy")
)

// kindOf is the kind of a thing.
func kindOf(thing string) string {
	return kinds[slices.IndexFunc(things, func(of []string) bool { return slices.Contains(of, thing) })]
}

func pronoun(name string) string {
	if slices.Contains(men, name) {
		return "he"
	}
	return "she"
}

// a puts the indefinite article in front of words.
func a(words string) string {
	if strings.ContainsRune("aeiou", rune(words[0])) {
		return "an " + words
	}
	return "a " + words
}

// capital starts a sentence.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// fact is somebody who did something to a thing somewhere.
type fact struct {
	name         string
	action, form int // index into actions; which of the two verbs
	colour       string
	thing        string
	place        string // "" if not told, as colour
	kindInstead  bool   // call the thing by its kind
}

func (f fact) verb() verb { return actions[f.action][f.form] }

// noun is the thing as the fact calls it: "red lemon" or "red fruit".
func (f fact) noun() string {
	noun := f.thing
	if f.kindInstead {
		noun = kindOf(f.thing)
	}
	return strings.TrimSpace(f.colour + " " + noun)
}

func (f fact) where() string {
	if f.place == "" {
		return ""
	}
	return " in " + f.place
}

// String is "Ida found a red lemon in Lima."
func (f fact) String() string {
	return f.name + " " + f.verb().past + " " + a(f.noun()) + f.where() + "."
}

// facts draws n facts about different people, things and places; the things are also of different kinds. A colour is told
// with probability coloured, a place with probability placed.
func (r rng) facts(n int, coloured, placed float64) []fact {
	facts := make([]fact, n)
	who, what, where := sample(r, names, n), sample(r, things, n), sample(r, places, n)
	for i := range facts {
		facts[i] = fact{name: who[i], action: r.IntN(len(actions)), form: r.IntN(2), thing: pick(r, what[i])}
		if r.chance(coloured) {
			facts[i].colour = pick(r, colours)
		}
		if r.chance(placed) {
			facts[i].place = where[i]
		}
	}
	return facts
}

// rng is a source of random choices.
type rng struct{ *rand.Rand }

func newRNG(seed, stream uint64) rng { return rng{rand.New(rand.NewPCG(seed, stream))} }

func (r rng) chance(p float64) bool { return r.Float64() < p }

// weighted draws an index with probability proportional to its weight.
func (r rng) weighted(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := r.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func pick[T any](r rng, from []T) T { return from[r.IntN(len(from))] }

// pickOther draws an element that is not among those.
func pickOther(r rng, from []string, those ...string) string {
	for {
		if x := pick(r, from); !slices.Contains(those, x) {
			return x
		}
	}
}

// sample draws n different elements.
func sample[T any](r rng, from []T, n int) []T {
	drawn := make([]T, n)
	for i, j := range r.Perm(len(from))[:n] {
		drawn[i] = from[j]
	}
	return drawn
}

func shuffle[T any](r rng, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// sentences joins facts, in their order.
func sentences(facts []fact) string {
	texts := make([]string, len(facts))
	for i, f := range facts {
		texts[i] = f.String()
	}
	return strings.Join(texts, " ")
}
