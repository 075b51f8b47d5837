// SPDX-License-Identifier: Apache-2.0

package train

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"dpt/superglue"
	"dpt/t5/tokenizer"
)

// texts are rows as source and target texts, to be tokenised.
type texts struct {
	task       superglue.Task
	format     superglue.Format
	rows       []superglue.Example
	vocabulary *tokenizer.Tokenizer
	maxSource  int
}

// tokenCache is a folder that keeps the tokens of large splits, each file under the hash of everything that they follow
// from. So the tokens read are never stale, and a damaged file is made again.
type tokenCache struct {
	dir   string
	least int // bytes of text that a split needs to be worth a file
}

// userTokens returns the cache in the user's folder. A MiB of text takes some tenths of a second to tokenise.
func userTokens() tokenCache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return tokenCache{least: math.MaxInt} // no folder, no cache
	}
	return tokenCache{filepath.Join(dir, "dpt", "tokens"), 1 << 20}
}

// tokens returns the texts' tokens. A cache that cannot be written is not used.
func (t texts) tokens(cache tokenCache) []Pair {
	name, size := t.hash()
	if size < cache.least {
		pairs, _ := t.tokenise(size)
		return pairs
	}
	path := filepath.Join(cache.dir, name)
	if pairs, err := readTokens(path); err == nil && len(pairs) == len(t.rows) {
		return pairs
	}
	pairs, hashed := t.tokenise(size)
	if hashed && os.MkdirAll(cache.dir, 0o755) == nil {
		renameio.WriteFile(path, packTokens(pairs), 0o644)
	}
	return pairs
}

// hashedBytes is the length of the start of a source text that is hashed; it mostly has more tokens than are kept.
const hashedBytes = 1 << 16

// hash names the texts by their content. size is their length in bytes.
func (t texts) hash() (name string, size int) {
	hash := sha256.New()
	out := bufio.NewWriterSize(hash, 1<<16)
	fmt.Fprintf(out, "tokens 2 %s %d\n", t.vocabulary.Fingerprint(), t.maxSource)
	for _, row := range t.rows {
		source, whole := t.task.SourcePrefix(row, t.format, hashedBytes)
		target := t.task.Target(row, t.format)
		fmt.Fprintf(out, "%d %t %d\n", len(source), whole, len(target))
		out.WriteString(source)
		out.WriteString(target)
		size += len(source) + len(target)
	}
	out.Flush()
	return fmt.Sprintf("%x", hash.Sum(nil)), size
}

// tokenise returns the texts' tokens, and whether the hashed part of the texts decides them.
func (t texts) tokenise(size int) (pairs []Pair, hashed bool) {
	bar := progressbar.DefaultSilent(int64(len(t.rows)))
	if size > 4<<20 { // more than a second or two
		every := 100 * time.Millisecond
		if !term.IsTerminal(int(os.Stderr.Fd())) {
			every = 5 * time.Second
		}
		bar = progressbar.NewOptions(len(t.rows), progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetDescription("tokenising "+t.task.Name), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(every), progressbar.OptionClearOnFinish())
	}
	pairs, hashed = make([]Pair, len(t.rows)), true
	for i, row := range t.rows {
		source, read := EncodeSource(t.task, row, t.format, t.vocabulary, t.maxSource)
		pairs[i] = Pair{source, t.vocabulary.Encode(t.task.Target(row, t.format))}
		hashed = hashed && read <= hashedBytes
		bar.Add(1)
	}
	return pairs, hashed
}

// EncodeSource returns the first tokens of a row's source text, at most max and the last of them </s>, and how many
// bytes of the text were read for them: no more than needed of a long text.
func EncodeSource(task superglue.Task, row superglue.Example, f superglue.Format, vocabulary *tokenizer.Tokenizer,
	max int) (ids []int32, read int) {
	for n := 32 * max; ; n *= 2 {
		text, whole := task.SourcePrefix(row, f, n)
		if ids := vocabulary.EncodeMax(text, max); whole || len(ids) == max {
			return ids, len(text)
		}
	}
}

// packTokens writes the number of pairs; for each pair the number of source tokens, these tokens, and the same for the
// target; and the SHA-256 of all this. Numbers are unsigned varints.
func packTokens(pairs []Pair) []byte {
	packed := binary.AppendUvarint(nil, uint64(len(pairs)))
	for _, p := range pairs {
		for _, ids := range [][]int32{p.Source, p.Target} {
			packed = binary.AppendUvarint(packed, uint64(len(ids)))
			for _, id := range ids {
				packed = binary.AppendUvarint(packed, uint64(id))
			}
		}
	}
	sum := sha256.Sum256(packed)
	return append(packed, sum[:]...)
}

var errTokens = errors.New("a file of tokens is damaged")

func readTokens(path string) ([]Pair, error) {
	packed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	at := len(packed) - sha256.Size
	if at < 0 {
		return nil, errTokens
	}
	packed, want := packed[:at], packed[at:]
	if sum := sha256.Sum256(packed); !bytes.Equal(sum[:], want) {
		return nil, errTokens
	}
	number := func() int {
		n, width := binary.Uvarint(packed)
		packed = packed[max(0, width):]
		return int(n)
	}
	pairs := make([]Pair, number())
	for i := range pairs {
		for _, ids := range []*[]int32{&pairs[i].Source, &pairs[i].Target} {
			*ids = make([]int32, number())
			for j := range *ids {
				(*ids)[j] = int32(number())
			}
		}
	}
	return pairs, nil
}
