// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is a token that is found in a text before it is segmented, by its name in tokenizer.json.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // not as a part of a word
	LStrip     bool   `json:"lstrip"`      // it takes the white space before it
	RStrip     bool   `json:"rstrip"`      // and after it
	Normalized bool   `json:"normalized"`  // found in the normalised text
	Special    bool   `json:"special"`     // skipped by Decode
}

// matcher finds added tokens in a text.
type matcher struct {
	trie   *trie // of the tokens' contents, its values being places in tokens
	starts [256]bool
	tokens []addedToken
}

// add returns false if content is there already.
func (m *matcher) add(content string, token addedToken) bool {
	if m.trie == nil {
		m.trie = newTrie()
	}
	m.starts[content[0]] = true
	m.tokens = append(m.tokens, token)
	return m.trie.add(content, int32(len(m.tokens)-1))
}

// section is a part of a text: an added token, or what lies between two.
type section struct {
	token *addedToken // or nil
	text  string      // of what lies between
	start int         // in bytes
}

// sections yields the parts of text in order. Of several tokens that start at a place the longest counts, as in
// HuggingFace's AddedVocabulary.find_matches.
func (m *matcher) sections(text string) iter.Seq[section] {
	return func(yield func(section) bool) {
		last := 0 // the end of the last token
		for at := 0; at < len(text); {
			if !m.starts[text[at]] {
				at++
				continue
			}
			token, end := m.longest(text, at)
			if token == nil {
				at++
				continue
			}
			start, stop := at, end
			at = end
			if token.SingleWord && (endsInWord(text[:start]) || startsInWord(text[stop:])) {
				continue
			}
			if token.LStrip && last < start {
				start = last + len(strings.TrimRightFunc(text[last:start], unicode.IsSpace))
			}
			if token.RStrip {
				stop = len(text) - len(strings.TrimLeftFunc(text[stop:], unicode.IsSpace))
			}
			if last < start && !yield(section{nil, text[last:start], last}) || !yield(section{token, "", start}) {
				return
			}
			last = stop
		}
		if last < len(text) {
			yield(section{nil, text[last:], last})
		}
	}
}

// longest returns the longest token that starts at a place of text, and where it ends; nil if there is none.
func (m *matcher) longest(text string, at int) (token *addedToken, end int) {
	node := int32(0)
	for i := at; i < len(text); i++ {
		var ok bool
		if node, ok = m.trie.child(node, text[i]); !ok {
			break
		}
		if value := m.trie.value[node]; value >= 0 {
			token, end = &m.tokens[value], i+1
		}
	}
	return token, end
}

func endsInWord(text string) bool {
	char, _ := utf8.DecodeLastRuneInString(text)
	return text != "" && inWord(char)
}

func startsInWord(text string) bool {
	char, _ := utf8.DecodeRuneInString(text)
	return text != "" && inWord(char)
}

// inWord is \w of Unicode's regular expressions (UTS 18, annex C).
func inWord(char rune) bool {
	return unicode.In(char, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc,
		unicode.Join_Control)
}
