// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"regexp"
	"strings"
)

var sentence = regexp.MustCompile(`[^.!?\n]+`)

// Overlap answers the query without reading it: of the passage's sentences that name an entity which the query does
// not, the one that shares the most different words with the query, and the last such entity in it. Of equal sentences
// it takes the first; it returns "" if none names one. A model that scores no higher has not shown that it reads.
func (x ReCoRD) Overlap() string {
	asked := map[string]bool{}
	for _, word := range lowerWords(strings.ReplaceAll(x.QueryText, "@placeholder", " ")) {
		asked[word] = true
	}
	answer, most := "", -1
	for _, text := range sentence.FindAllString(noHighlights.Replace(x.PassageText), -1) {
		entity := x.lastIn(text)
		shared := map[string]bool{}
		for _, word := range lowerWords(text) {
			if asked[word] {
				shared[word] = true
			}
		}
		if entity != "" && len(shared) > most {
			answer, most = entity, len(shared)
		}
	}
	return answer
}

// lowerWords returns a text's words in lower case, articles too.
func lowerWords(text string) []string { return unicodeWord.FindAllString(strings.ToLower(text), -1) }

// lastIn returns the entity that a sentence names last, of those that the query does not name; of entities that end
// at the same place the longest.
func (x ReCoRD) lastIn(text string) (last string) {
	at := 0
	for _, entity := range x.Entities {
		i := strings.LastIndex(text, entity)
		if i < 0 || entity == "" || strings.Contains(x.QueryText, entity) {
			continue
		}
		if end := i + len(entity); end > at || end == at && len(entity) > len(last) {
			last, at = entity, end
		}
	}
	return last
}
