// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// tokenizerFile is a tokenizer.json. Keys that it does not name are refused when the file is read.
type tokenizerFile struct {
	Version       string         `json:"version"`
	Truncation    jsontext.Value `json:"truncation"`
	Padding       jsontext.Value `json:"padding"`
	Added         []addedToken   `json:"added_tokens"`
	Normalizer    *component     `json:"normalizer"`
	PreTokenizer  *component     `json:"pre_tokenizer"`
	PostProcessor *component     `json:"post_processor"`
	Decoder       *component     `json:"decoder"`
	Model         struct {
		Type         string              `json:"type"`
		UnkID        *int32              `json:"unk_id"`
		Vocab        [][2]jsontext.Value `json:"vocab"`
		ByteFallback bool                `json:"byte_fallback"`
	} `json:"model"`
}

// component is one step of the tokenizer, with the settings of all types that are known here.
type component struct {
	Type string `json:"type"`

	Normalizers   []component `json:"normalizers"`   // Sequence
	PreTokenizers []component `json:"pretokenizers"` // Sequence

	Charsmap   []byte `json:"precompiled_charsmap"` // Precompiled
	StripLeft  bool   `json:"strip_left"`           // Strip
	StripRight bool   `json:"strip_right"`
	Pattern    struct {
		String string `json:"String"`
		Regex  string `json:"Regex"`
	} `json:"pattern"` // Replace
	Content string `json:"content"`

	Replacement    string         `json:"replacement"` // Metaspace
	PrependScheme  string         `json:"prepend_scheme"`
	AddPrefixSpace *bool          `json:"add_prefix_space"` // older than prepend_scheme
	Split          *bool          `json:"split"`
	StrRep         jsontext.Value `json:"str_rep"` // the replacement once more, in old files

	Single        []templateItem `json:"single"` // TemplateProcessing
	Pair          jsontext.Value `json:"pair"`   // of two texts, which T5 does not have
	SpecialTokens map[string]struct {
		ID     string   `json:"id"`
		IDs    []int32  `json:"ids"`
		Tokens []string `json:"tokens"`
	} `json:"special_tokens"`
}

type templateItem struct {
	Sequence     *templatePart `json:"Sequence"`
	SpecialToken *templatePart `json:"SpecialToken"`
}

type templatePart struct {
	ID     string `json:"id"`
	TypeID int    `json:"type_id"`
}

// parseJSON reads a tokenizer.json.
func parseJSON(data []byte) (*Tokenizer, error) {
	t, err := readJSON(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return t, nil
}

func readJSON(data []byte) (*Tokenizer, error) {
	var file tokenizerFile
	if err := json.Unmarshal(data, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	if err := file.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{}
	var err error
	if t.normalizer, err = file.Normalizer.normalizer(); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if t.words, err = file.PreTokenizer.splitter(); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	scheme, err := file.Decoder.metaspace()
	if err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	t.keepFirst = scheme == "never"
	pieces := make([]piece, len(file.Model.Vocab))
	for i, pair := range file.Model.Vocab {
		if pieces[i], err = parsePiece(pair); err != nil {
			return nil, fmt.Errorf("model: piece %d must be a text and a score: %w", i, err)
		}
	}
	if err := t.build(pieces, *file.Model.UnkID, file.Added); err != nil {
		return nil, err
	}
	if err := file.PostProcessor.checkTemplate(t.EOS); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	return t, nil
}

// check refuses settings that change ids and are not followed here.
func (f *tokenizerFile) check() error {
	isSet := func(value jsontext.Value) bool { return value != nil && value.Kind() != 'n' }
	switch {
	case f.Version != "" && f.Version != "1.0":
		return fmt.Errorf("version must be 1.0, found %q", f.Version)
	case isSet(f.Truncation):
		return fmt.Errorf("truncation must be null, for texts are cut where they are used; found %s", f.Truncation)
	case isSet(f.Padding):
		return fmt.Errorf("padding must be null, for texts are padded where they are used; found %s", f.Padding)
	case f.Model.Type != "" && f.Model.Type != "Unigram":
		return fmt.Errorf("model: its type must be Unigram, found %q", f.Model.Type)
	case f.Model.ByteFallback:
		return errors.New("model: byte_fallback must be false, found true")
	case f.Model.UnkID == nil || *f.Model.UnkID < 0 || int(*f.Model.UnkID) >= len(f.Model.Vocab):
		return fmt.Errorf("model: unk_id must be one of vocab's %d pieces", len(f.Model.Vocab))
	}
	return nil
}

func parsePiece(pair [2]jsontext.Value) (p piece, err error) {
	if pair[0].Kind() != '"' || pair[1].Kind() != '0' {
		return p, fmt.Errorf("found %s and %s", pair[0], pair[1])
	}
	text, err := jsontext.AppendUnquote(nil, pair[0])
	if err != nil {
		return p, err
	}
	p.text = string(text)
	p.score, err = parseScore(string(pair[1]))
	return p, err
}

// parseScore reads a score as HuggingFace's tokenizer does, which rounds twice: the digits to a float64, and that
// divided by a power of ten. It is off by a unit in the last place for a quarter of T5's pieces, and that unit decides
// between segmentations that are equally probable, such as those of a run of dashes.
func parseScore(text string) (float64, error) {
	exact, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, err
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(text, "-")), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, err := strconv.ParseUint(whole+fraction, 10, 64)
	power, errPower := strconv.Atoi(cmp.Or(exponent, "0"))
	power -= len(fraction)
	if err != nil || errPower != nil || power < -308 || power > 308 {
		return exact, nil // more digits than a vocabulary's scores have
	}
	score := float64(digits)
	if power < 0 {
		score /= math.Pow10(-power)
	} else {
		score *= math.Pow10(power)
	}
	return math.Copysign(score, exact), nil
}
