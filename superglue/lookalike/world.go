// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"slices"
	"strings"
)

// The world: its people, things and events, and how they are related. Every question of the tasks can be answered from
// these tables and the text of the row.

var (
	men   = strings.Fields("Adam Ben Carl Dan Eric Frank Hugo Ian Jack Leo Mark Noah Oscar Paul Rex Tom")
	women = strings.Fields("Anna Beth Clara Dora Emma Fay Grace Ida Jane Kate Lisa Mary Nora Olga Rita Sara")
	names = slices.Concat(men, women)

	places  = strings.Fields("Lima Perth Oslo Cairo Paris Quito Delhi Rome Kyoto Boston")
	colours = strings.Fields("red blue green white black brown yellow grey")
)

// kinds are the six kinds of things, and things lists the members of each.
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

// verb is a verb's infinitive and its past tense.
type verb struct{ base, past string }

// actions are things that people do to things: two verbs each, with the same meaning.
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

// opposites are pairs of adjectives; exactly one of each pair is true of a thing.
var opposites = [][2]string{
	{"wet", "dry"}, {"soft", "hard"}, {"clean", "dirty"}, {"heavy", "light"},
	{"old", "new"}, {"big", "small"}, {"hot", "cold"}, {"cheap", "costly"},
}

// chains are sequences of events, each the cause of the next.
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

// domains are the fields of life that senses belong to, and contexts lists words that reveal each.
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

// Verbs after which a clause holds, does not hold, or may hold. Only the first and last are negated: "Ida did not know
// that ..." still implies the clause.
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

// kindOf returns the kind of a thing.
func kindOf(thing string) string {
	return kinds[slices.IndexFunc(things, func(of []string) bool { return slices.Contains(of, thing) })]
}

func pronoun(name string) string {
	if slices.Contains(men, name) {
		return "he"
	}
	return "she"
}

// a puts the indefinite article before words.
func a(words string) string {
	if strings.ContainsRune("aeiou", rune(words[0])) {
		return "an " + words
	}
	return "a " + words
}

// capital makes the first letter a capital.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
