// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// unknownPenalty is the distance from the vocabulary's least score down to the score of an unknown character.
const unknownPenalty = 10

type piece struct {
	text  string
	score float64 // the logarithm of its probability
}

// unigram segments words: the most probable segmentation is the one whose pieces' scores have the largest sum.
type unigram struct {
	trie     *trie // of the pieces
	scores   []float64
	unk      int32
	unkScore float64
}

func newUnigram(pieces []piece, unk int32) (*unigram, error) {
	u := &unigram{trie: newTrie(), unk: unk}
	least := math.Inf(1)
	for i, p := range pieces {
		if p.text == "" || !utf8.ValidString(p.text) || !u.trie.add(p.text, int32(i)) {
			return nil, fmt.Errorf("piece %d, %q: pieces must be distinct, not empty, and valid UTF-8", i, p.text)
		}
		if math.IsNaN(p.score) || math.IsInf(p.score, 0) {
			return nil, fmt.Errorf("piece %d, %q: its score must be finite, found %v", i, p.text, p.score)
		}
		u.scores = append(u.scores, p.score)
		least = min(least, p.score)
	}
	u.unkScore = least - unknownPenalty
	return u, nil
}

// segment appends the pieces of the most probable segmentation of word, summed in float64 as the reference does;
// neighbouring unknown characters become one <unk>.
func (u *unigram) segment(ids []int32, word string) []int32 {
	type end struct {
		score float64
		start int
		id    int32
	}
	ends := make([]end, len(word)+1)
	for i := range ends {
		ends[i].start = -1
	}
	reach := func(at, from int, score float64, id int32) {
		if ends[at].start < 0 || score > ends[at].score {
			ends[at] = end{score, from, id}
		}
	}
	for from, char := range word {
		width, single, before := utf8.RuneLen(char), false, ends[from].score
		node := int32(0)
		for at := from; at < len(word); at++ {
			var ok bool
			if node, ok = u.trie.child(node, word[at]); !ok {
				break
			}
			if id := u.trie.value[node]; id >= 0 {
				reach(at+1, from, before+u.scores[id], id)
				single = single || at+1-from == width
			}
		}
		if !single {
			reach(from+width, from, before+u.unkScore, u.unk)
		}
	}
	first := len(ids)
	for at := len(word); at > 0; at = ends[at].start {
		if id := ends[at].id; id != u.unk || len(ids) == first || ids[len(ids)-1] != u.unk {
			ids = append(ids, id)
		}
	}
	slices.Reverse(ids[first:])
	return ids
}

// trie finds all the strings that start at a place of a text. Node 0 is the root.
type trie struct {
	next  map[uint64]int32 // by node<<8 | byte
	value []int32          // of a node, or -1
}

func newTrie() *trie { return &trie{map[uint64]int32{}, []int32{-1}} }

func (t *trie) child(node int32, b byte) (int32, bool) {
	child, ok := t.next[uint64(node)<<8|uint64(b)]
	return child, ok
}

// add returns false if text is there already.
func (t *trie) add(text string, value int32) bool {
	node := int32(0)
	for i := range len(text) {
		child, ok := t.child(node, text[i])
		if !ok {
			child = int32(len(t.value))
			t.next[uint64(node)<<8|uint64(text[i])] = child
			t.value = append(t.value, -1)
		}
		node = child
	}
	if t.value[node] >= 0 {
		return false
	}
	t.value[node] = value
	return true
}
