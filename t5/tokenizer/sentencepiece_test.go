// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// tinyModel is a spiece.model: tinyJSON's pieces, and a character map that writes "A" as "s" and white space as a
// space.
func tinyModel() []byte { return testModel{}.encode() }

// testModel is a spiece.model with changes.
type testModel struct {
	trainer, normalizer []byte // fields beside tinyModel's
	denormalizer        []byte
	extra               []byte   // a piece's message
	charsmap            []string // pairs instead of tinyModel's
}

func (m testModel) encode() []byte {
	var data []byte
	for i, p := range []piece{
		{"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}, {"▁", -4}, {"▁prompt", -2}, {"s", -3}, {"▁tune", -2.5}, {"d", -3},
	} {
		kind := []uint64{kindControl, kindControl, kindUnknown, kindNormal}[min(i, 3)]
		data = append(data, message(modelPiece, testPiece(p, kind))...)
	}
	if m.extra != nil {
		data = append(data, message(modelPiece, m.extra)...)
	}
	if m.charsmap == nil {
		m.charsmap = []string{"A", "s", "\t", " ", "\n", " ", "\r", " ", "\v", "", "\f", " ", "\u00a0", " ", "\u2028",
			" ",
			"\u3000", " "}
	}
	data = append(data, message(modelTrainer, append(number(trainerUnkID, 2), m.trainer...))...)
	charsmap := message(normalizerCharsmap, testMap(m.charsmap...))
	data = append(data, message(modelNormalizer, append(charsmap, m.normalizer...))...)
	if m.denormalizer != nil {
		data = append(data, message(modelDenormalizer, m.denormalizer)...)
	}
	return data
}

func testPiece(p piece, kind uint64) []byte {
	value := append(message(pieceText, []byte(p.text)), number(pieceKind, kind)...)
	value = protowire.AppendTag(value, pieceScore, protowire.Fixed32Type)
	return protowire.AppendFixed32(value, math.Float32bits(float32(p.score)))
}

func message(field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), value)
}

func number(field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), value)
}

// A model of another kind is refused by the setting that makes it one. The fields are SentencePiece's, by the numbers
// of sentencepiece_model.proto.
func TestModelRefuses(t *testing.T) {
	piece := func(text string, kind uint64) []byte { return testPiece(piece{text, -3}, kind) }
	for says, m := range map[string]testModel{
		"trainer_spec.model_type": {trainer: number(3, 2)}, // BPE
		"found 3":                 {trainer: number(3, 3)}, // WORD
		"found 4":                 {trainer: number(3, 4)}, // CHAR
		"trainer_spec.treat_whitespace_as_suffix":  {trainer: number(24, 1)},
		"trainer_spec.byte_fallback must be false": {trainer: number(35, 1)},
		"type BYTE: trainer_spec.byte_fallback":    {extra: piece("<0x00>", 6)},
		"trainer_spec.user_defined_symbols":        {extra: piece("<sep>", 4)},
		"trainer_spec.control_symbols":             {extra: piece("<ctl>", 3)},
		"found 5":                                  {extra: piece("x", 5)}, // UNUSED
		"found 7":                                  {extra: piece("x", 7)},
		"trainer_spec.unk_piece":                   {extra: piece("[UNK]", 2)},
		"trainer_spec.unk_id must be 2":            {trainer: number(40, 0)},
		"must be 2, found 100":                     {trainer: number(40, 100)},
		"must be 2, found -1":                      {trainer: number(40, math.MaxUint64)},
		"trainer_spec.split_by_whitespace":         {extra: piece("▁of▁the", 1)},
		"allow_whitespace_only_pieces":             {extra: piece("▁▁", 1)},
		"normalizer_spec.add_dummy_prefix":         {normalizer: number(3, 0)},
		"normalizer_spec.remove_extra_whitespaces": {normalizer: number(4, 0)},
		"normalizer_spec.escape_whitespaces":       {normalizer: number(5, 0)},
		"normalizer_spec.normalization_rule_tsv":   {normalizer: message(6, []byte("rules.tsv"))},
		"name not user_defined":                    {normalizer: message(1, []byte("user_defined"))},
		"U+0009":                                   {charsmap: []string{"\n", " "}},
		"denormalizer_spec":                        {denormalizer: message(2, testMap("a", "b"))},
		"distinct":                                 {extra: piece("s", 1)},
		"not empty":                                {extra: piece("", 1)},
		"ModelProto":                               {normalizer: []byte{0xff}},
	} {
		if _, err := Parse(m.encode()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, must mention %q", err, says)
		}
	}
}

// Settings at T5's values, and those that change no ids, are accepted.
func TestModelAccepts(t *testing.T) {
	for name, m := range map[string]testModel{
		"T5's values": {
			trainer: slices.Concat(number(3, 1), number(22, 1), number(24, 0), number(35, 0),
				message(45, []byte("<unk>"))),
			normalizer: slices.Concat(message(1, []byte("nmt_nfkc")), number(3, 1), number(4, 1), message(6, nil)),
		},
		"training's": {
			trainer: slices.Concat(message(2, []byte("m")), number(4, 8000), number(22, 0), number(25, 1),
				number(49, 1)),
		},
		"unk_surface":       {trainer: message(44, []byte(" ?? "))},
		"no denormalizer":   {denormalizer: []byte{}},
		"an unknown field":  {trainer: number(250, 7)},
		"a piece of <s>":    {extra: testPiece(piece{"<s>", 0}, kindControl)},
		"the map left free": {normalizer: number(5, 1)},
	} {
		tok, err := Parse(m.encode())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := tok.Encode("prompts  tuned\tA<s>"); !slices.Equal(got[:5], []int32{4, 5, 6, 7, 3}) || got[5] != 5 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// without is tinyModel with a piece of another name or type; the name is as long.
func without(old, new []byte) []byte { return bytes.Replace(tinyModel(), old, new, 1) }

func TestModelWithoutUnknown(t *testing.T) {
	data := without(testPiece(piece{"<unk>", 0}, kindUnknown), testPiece(piece{"<unk>", 0}, kindNormal))
	const says = "trainer_spec.unk_id must be a piece of type UNKNOWN"
	if _, err := Parse(data); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, must mention %q", err, says)
	}
}

// HuggingFace appends <pad> to a vocabulary that has none, after the sentinels.
func TestModelWithoutPad(t *testing.T) {
	tok, err := Parse(without(testPiece(piece{"<pad>", 0}, kindControl), testPiece(piece{"other", -3}, kindNormal)))
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := tok.ID("<pad>"); !ok || id != 108 || tok.Size() != 109 {
		t.Errorf("<pad> is %d, %v, of %d ids", id, ok, tok.Size())
	}
	if got := tok.Encode("s<pad><extra_id_0>"); !slices.Equal(got, []int32{3, 5, 108, 107, 1}) {
		t.Errorf("got %v", got)
	}
}

func FuzzModel(f *testing.F) {
	f.Add(tinyModel())
	f.Add(testModel{charsmap: []string{}}.encode())
	fuzzParse(f, parseModel)
}
