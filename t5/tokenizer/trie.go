// SPDX-License-Identifier: Apache-2.0

package tokenizer

// trie finds all pieces that start at a place of a text. Node 0 is the root.
type trie struct {
	next  map[uint64]int32 // by node<<8 | byte
	piece []int32          // of a node, or -1
}

func newTrie() *trie { return &trie{map[uint64]int32{}, []int32{-1}} }

func (t *trie) child(node int32, b byte) (int32, bool) {
	child, ok := t.next[uint64(node)<<8|uint64(b)]
	return child, ok
}

func (t *trie) add(text string, id int32) {
	node := int32(0)
	for i := range len(text) {
		child, ok := t.child(node, text[i])
		if !ok {
			child = int32(len(t.piece))
			t.next[uint64(node)<<8|uint64(text[i])] = child
			t.piece = append(t.piece, -1)
		}
		node = child
	}
	t.piece[node] = id
}
