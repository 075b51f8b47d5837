// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// sentinels is the number of <extra_id_n> that HuggingFace's T5 tokenizer appends to a SentencePiece model.
const sentinels = 100

// Field numbers of SentencePiece's ModelProto, and of the messages in it.
const (
	modelPiece, modelTrainer, modelNormalizer, modelDenormalizer = 1, 2, 3, 5

	pieceText, pieceScore, pieceKind = 1, 2, 3
	trainerType, trainerUnkID        = 3, 40

	normalizerName, normalizerCharsmap, normalizerRules = 1, 2, 6

	unigramType = 1
)

// The types of a piece.
const (
	kindNormal, kindUnknown, kindControl, kindUserDefined, kindUnused, kindByte = 1, 2, 3, 4, 5, 6
)

// settings are SentencePiece's booleans that change ids, with T5's values; a model with another is refused.
var settings = []struct {
	message, field protowire.Number
	name           string
	want           bool
}{
	{modelTrainer, 24, "trainer_spec.treat_whitespace_as_suffix", false},
	{modelTrainer, 35, "trainer_spec.byte_fallback", false},
	{modelNormalizer, 3, "normalizer_spec.add_dummy_prefix", true},
	{modelNormalizer, 4, "normalizer_spec.remove_extra_whitespaces", true},
	{modelNormalizer, 5, "normalizer_spec.escape_whitespaces", true},
}

// spieceModel holds the contents of a spiece.model.
type spieceModel struct {
	pieces   []piece
	kinds    []uint64
	unk      int32
	charsmap []byte
}

// parseModel reads a spiece.model, and appends the sentinels <extra_id_99> ... <extra_id_0>, the last id being that of
// number 0, as HuggingFace's T5 tokenizer does.
func parseModel(data []byte) (*Tokenizer, error) {
	t, err := readModel(data)
	if err != nil {
		return nil, fmt.Errorf("spiece.model: %w", err)
	}
	return t, nil
}

func readModel(data []byte) (*Tokenizer, error) {
	var m spieceModel
	if err := fields(data, m.field); err != nil {
		return nil, err
	}
	added, err := m.added()
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{words: splitter{whitespace: true, prepend: "always"}}
	if len(m.charsmap) > 0 {
		if t.normalizer.chars, err = newCharacterMap(m.charsmap); err != nil {
			return nil, fmt.Errorf("normalizer_spec.precompiled_charsmap: %w", err)
		}
	}
	// SentencePiece keeps such characters where its rules leave them; here they separate words.
	for _, char := range "\t\n\r\v\f\u00a0\u2028\u3000" {
		if left := t.normalizer.normalise(string(char)); strings.TrimLeft(left, " ") != "" {
			return nil, fmt.Errorf("normalizer_spec: its rules must turn %U into a space or nothing, "+
				"as T5's (nmt_nfkc) do; found %q", char, left)
		}
	}
	for i := sentinels - 1; i >= 0; i-- {
		name := fmt.Sprintf("<extra_id_%d>", i)
		added = append(added, addedToken{ID: int32(len(m.pieces)), Content: name, Special: true})
		m.pieces = append(m.pieces, piece{text: name})
	}
	if !slices.ContainsFunc(added, func(token addedToken) bool { return token.Content == "<pad>" }) {
		added = append(added, addedToken{ID: int32(len(m.pieces)), Content: "<pad>", Special: true})
	}
	return t, t.build(m.pieces, m.unk, added)
}

// field reads one field of the ModelProto.
func (m *spieceModel) field(number protowire.Number, value []byte, _ uint64) error {
	switch number {
	case modelPiece:
		return m.addPiece(value)
	case modelTrainer, modelNormalizer, modelDenormalizer:
		return fields(value, func(field protowire.Number, value []byte, bits uint64) error {
			for _, s := range settings {
				if s.message == number && s.field == field && s.want != (bits != 0) {
					return fmt.Errorf("%s must be %v, as T5's, found %v", s.name, s.want, !s.want)
				}
			}
			return m.setting(number, field, value, bits)
		})
	}
	return nil
}

// setting reads or refuses a setting that is no boolean.
func (m *spieceModel) setting(message, field protowire.Number, value []byte, bits uint64) error {
	switch {
	case message == modelTrainer && field == trainerType && bits != unigramType:
		return fmt.Errorf("trainer_spec.model_type must be UNIGRAM (1), found %d", bits)
	case message == modelTrainer && field == trainerUnkID:
		m.unk = int32(bits)
	case message == modelNormalizer && field == normalizerCharsmap:
		m.charsmap = value
	case message == modelNormalizer && field == normalizerRules && len(value) > 0,
		message == modelNormalizer && field == normalizerName && string(value) == "user_defined":
		return errors.New("normalizer_spec.normalization_rule_tsv must be empty, and name not user_defined: " +
			"only SentencePiece's own rules are followed")
	case message == modelDenormalizer && field == normalizerCharsmap && len(value) > 0:
		return errors.New("denormalizer_spec must be empty: texts are not changed when they are decoded")
	}
	return nil
}

func (m *spieceModel) addPiece(message []byte) error {
	var p piece
	kind := uint64(kindNormal)
	err := fields(message, func(field protowire.Number, value []byte, bits uint64) (err error) {
		switch field {
		case pieceText:
			p.text = string(value)
		case pieceScore:
			score := float64(math.Float32frombits(uint32(bits)))
			p.score, err = parseScore(strconv.FormatFloat(score, 'e', -1, 64)) // as tokenizer.json has it
		case pieceKind:
			kind = bits
		}
		return err
	})
	m.pieces, m.kinds = append(m.pieces, p), append(m.kinds, kind)
	return err
}

// added checks the pieces' types, and returns those that are found in a text as they are: <unk>, </s>, <pad> and <s>.
func (m *spieceModel) added() (added []addedToken, err error) {
	for i, p := range m.pieces {
		wrong := func(format string, args ...any) error {
			return fmt.Errorf("piece %d, %q: %s", i, p.text, fmt.Sprintf(format, args...))
		}
		kind := m.kinds[i]
		special := p.text == "</s>" || p.text == "<pad>" || p.text == "<unk>" || p.text == "<s>" && kind == kindControl
		switch {
		case kind == kindByte:
			return nil, wrong("it is of type BYTE: trainer_spec.byte_fallback must be false")
		case kind == kindUserDefined:
			return nil, wrong("it is of type USER_DEFINED: trainer_spec.user_defined_symbols must be empty")
		case kind == kindControl && !special:
			return nil, wrong("it is of type CONTROL: trainer_spec.control_symbols must be empty, " +
				"and pad_piece, bos_piece and eos_piece be <pad>, <s> and </s>")
		case kind == kindUnknown && p.text != "<unk>":
			return nil, wrong("it is of type UNKNOWN: trainer_spec.unk_piece must be <unk>")
		case kind == kindUnknown && int32(i) != m.unk:
			return nil, wrong("it is of type UNKNOWN: trainer_spec.unk_id must be %d, found %d", i, m.unk)
		case kind == kindUnused || kind < kindNormal || kind > kindByte:
			return nil, wrong("its type must be NORMAL, UNKNOWN or CONTROL, found %d", kind)
		case kind == kindNormal && strings.LastIndex(p.text, space) > 0:
			return nil, wrong("%q must only start a piece: trainer_spec.split_by_whitespace must be true, "+
				"allow_whitespace_only_pieces false", space)
		case special:
			added = append(added, addedToken{ID: int32(i), Content: p.text, Special: true})
		}
	}
	if int(m.unk) >= len(m.pieces) || m.unk < 0 || m.kinds[m.unk] != kindUnknown {
		return nil, fmt.Errorf("trainer_spec.unk_id must be a piece of type UNKNOWN, found %d of %d pieces",
			m.unk, len(m.pieces))
	}
	return added, nil
}

// fields calls f with each field of a protobuf message: the bytes of a string or message, or the bits of a number.
func fields(data []byte, f func(number protowire.Number, value []byte, bits uint64) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return fmt.Errorf("it must be a SentencePiece ModelProto: %w", protowire.ParseError(n))
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
			return fmt.Errorf("it must be a SentencePiece ModelProto: %w", protowire.ParseError(n))
		}
		if err := f(number, value, bits); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
