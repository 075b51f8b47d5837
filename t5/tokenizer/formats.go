// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// sentinels is how many <extra_id_n> HuggingFace's T5 tokenizer appends to a SentencePiece model.
const sentinels = 100

// parseJSON reads a tokenizer.json.
func parseJSON(data []byte) (*Tokenizer, error) {
	var file struct {
		Added []struct {
			ID      int32  `json:"id"`
			Content string `json:"content"`
			Special bool   `json:"special"`
		} `json:"added_tokens"`
		Normalizer *struct {
			Type     string `json:"type"`
			Charsmap string `json:"precompiled_charsmap"`
		} `json:"normalizer"`
		Model struct {
			Type  string               `json:"type"`
			UnkID *int32               `json:"unk_id"`
			Vocab [][2]json.RawMessage `json:"vocab"`
		} `json:"model"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("tokenizer.json must be one of a Unigram model: %w", err)
	}
	if len(file.Model.Vocab) == 0 || file.Model.UnkID == nil || file.Model.Type != "" && file.Model.Type != "Unigram" {
		return nil, fmt.Errorf("tokenizer.json: its model must be Unigram, with a vocab and an unk_id; found type %q and %d pieces", file.Model.Type, len(file.Model.Vocab))
	}
	t := &Tokenizer{}
	var added []string
	for i, pair := range file.Model.Vocab {
		var p piece
		var err error
		p.score, err = parseScore(string(pair[1]))
		if err := errors.Join(json.Unmarshal(pair[0], &p.text), err); err != nil {
			return nil, fmt.Errorf("tokenizer.json: piece %d must be a text and a score: %w", i, err)
		}
		t.pieces = append(t.pieces, p)
	}
	for _, a := range file.Added {
		switch {
		case a.Content == "":
			return nil, fmt.Errorf("tokenizer.json: added token %d has no content", a.ID)
		case int(a.ID) == len(t.pieces):
			t.pieces = append(t.pieces, piece{text: a.Content})
		case a.ID < 0 || int(a.ID) > len(t.pieces) || t.pieces[a.ID].text != a.Content:
			return nil, fmt.Errorf("tokenizer.json: added token %q has id %d, which is not its place in the vocabulary", a.Content, a.ID)
		}
		added = append(added, a.Content)
	}
	var charsmap []byte
	if n := file.Normalizer; n != nil {
		if n.Type != "Precompiled" {
			return nil, fmt.Errorf("tokenizer.json: T5's normalizer is of type Precompiled, found %q", n.Type)
		}
		var err error
		if charsmap, err = base64.StdEncoding.DecodeString(n.Charsmap); err != nil {
			return nil, fmt.Errorf("tokenizer.json: precompiled_charsmap: %w", err)
		}
	}
	return t.finish(added, charsmap)
}

// parseScore reads a score as HuggingFace's tokenizer does, which rounds twice: the digits to a float64, and that divided
// by a power of ten. It is off by a unit in the last place for a quarter of T5's pieces, and that unit decides between
// segmentations that are equally probable, such as those of a run of dashes.
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

// Field numbers of SentencePiece's ModelProto, and of the messages in it.
const (
	modelPiece, modelTrainer, modelNormalizer = 1, 2, 3
	pieceText, pieceScore                     = 1, 2
	trainerType, unigram                      = 3, 1
	normalizerCharsmap                        = 2
)

// parseModel reads a spiece.model, and appends the sentinels <extra_id_99> ... <extra_id_0>, the last id being that of
// number 0.
func parseModel(data []byte) (*Tokenizer, error) {
	t := &Tokenizer{}
	var charsmap []byte
	kind := uint64(unigram)
	err := fields(data, func(number protowire.Number, value []byte, _ uint64) error {
		switch number {
		case modelPiece:
			var p piece
			err := fields(value, func(number protowire.Number, value []byte, bits uint64) error {
				switch number {
				case pieceText:
					p.text = string(value)
				case pieceScore:
					score := float64(math.Float32frombits(uint32(bits)))
					var err error
					p.score, err = parseScore(strconv.FormatFloat(score, 'e', -1, 64)) // as tokenizer.json has it
					return err
				}
				return nil
			})
			t.pieces = append(t.pieces, p)
			return err
		case modelTrainer:
			return fields(value, func(number protowire.Number, _ []byte, bits uint64) error {
				if number == trainerType {
					kind = bits
				}
				return nil
			})
		case modelNormalizer:
			return fields(value, func(number protowire.Number, value []byte, _ uint64) error {
				if number == normalizerCharsmap {
					charsmap = value
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("a spiece.model must be a SentencePiece ModelProto: %w", err)
	}
	if kind != unigram || len(t.pieces) == 0 {
		return nil, fmt.Errorf("spiece.model: it must be a Unigram model (type 1) with pieces, found type %d with %d", kind, len(t.pieces))
	}
	for i := sentinels - 1; i >= 0; i-- {
		t.pieces = append(t.pieces, piece{text: fmt.Sprintf("<extra_id_%d>", i)})
	}
	added := []string{"<pad>", "</s>", "<unk>"}
	for i := range sentinels {
		added = append(added, fmt.Sprintf("<extra_id_%d>", i))
	}
	return t.finish(added, charsmap)
}

// fields calls f with each field of a protobuf message: the bytes of a string or message, or the bits of a number.
func fields(data []byte, f func(number protowire.Number, value []byte, bits uint64) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		var value []byte
		var bits uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(data)
		case protowire.VarintType:
			bits, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(data)
			bits = uint64(v)
		default:
			n = protowire.ConsumeFieldValue(number, kind, data)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := f(number, value, bits); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
