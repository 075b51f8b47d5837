// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

// normalizer returns the normalizer for null, Precompiled, or Sequence: Precompiled, which must come first, Strip and
// Replace as transformers writes them.
func (c *component) normalizer() (n normalizer, err error) {
	var list []component
	switch {
	case c == nil:
	case c.Type == "Sequence":
		list = c.Normalizers
	default:
		list = []component{*c}
	}
	for i, c := range list {
		spacesPattern := c.Pattern.Regex == spaces.String() && c.Pattern.String == ""
		switch {
		case c.Type == "Precompiled" && i == 0:
			if n.chars, err = newCharacterMap(c.Charsmap); err != nil {
				return n, fmt.Errorf("precompiled_charsmap: %w", err)
			}
		case c.Type == "Strip" && !c.StripLeft:
			if c.StripRight {
				n.steps = append(n.steps, func(text string) string {
					return strings.TrimRightFunc(text, unicode.IsSpace)
				})
			}
		case c.Type == "Replace" && spacesPattern && (c.Content == space || c.Content == " "):
			n.steps = append(n.steps, func(text string) string {
				return spaces.ReplaceAllLiteralString(text, c.Content)
			})
		default:
			return n, fmt.Errorf("step %d must be Precompiled (the first), Strip with strip_left false, "+
				"or Replace of the Regex %q by %q or %q; found %s", i, spaces, " ", space, c.settings())
		}
	}
	return n, nil
}

// spaces is the only pattern that transformers replaces for T5.
var spaces = regexp.MustCompile(" {2,}")

// settings describes a component's settings, for an error.
func (c *component) settings() string {
	text, err := json.Marshal(c, json.OmitZeroStructFields(true), json.Deterministic(true))
	if err != nil || len(text) > 200 {
		return c.Type
	}
	return string(text)
}

// splitter returns the splitter for Metaspace, or for a Sequence of WhitespaceSplit and Metaspace.
func (c *component) splitter() (s splitter, err error) {
	if c == nil {
		return s, errors.New("it must be Metaspace, or a Sequence of WhitespaceSplit and Metaspace; found null")
	}
	list := []component{*c}
	if c.Type == "Sequence" {
		list = c.PreTokenizers
	}
	if len(list) == 2 && list[0].Type == "WhitespaceSplit" {
		s.whitespace, list = true, list[1:]
	}
	if len(list) != 1 {
		return s, fmt.Errorf("it must be Metaspace, or a Sequence of WhitespaceSplit and Metaspace; found %s",
			c.settings())
	}
	if s.prepend, err = list[0].metaspace(); err != nil {
		return s, err
	}
	switch split := list[0].Split; {
	case split != nil && !*split:
		return s, errors.New("split must be true, found false")
	case s.whitespace && s.prepend == "first":
		return s, errors.New(`prepend_scheme after WhitespaceSplit must be "always" or "never", found "first"`)
	}
	return s, nil
}

// metaspace returns the prepend_scheme of a Metaspace.
func (c *component) metaspace() (scheme string, err error) {
	if c == nil {
		return "", errors.New("it must be Metaspace, found null")
	}
	scheme = cmp.Or(c.PrependScheme, "always")
	switch {
	case c.Type != "Metaspace":
		return "", fmt.Errorf("its type must be Metaspace, found %s", c.settings())
	case c.Replacement != space:
		return "", fmt.Errorf("replacement must be %q, found %q", space, c.Replacement)
	case scheme != "always" && scheme != "first" && scheme != "never":
		return "", fmt.Errorf(`prepend_scheme must be "always", "first" or "never", found %q`, scheme)
	case c.AddPrefixSpace != nil && !*c.AddPrefixSpace && scheme != "never":
		return "", fmt.Errorf(`add_prefix_space is false, so prepend_scheme must be "never", found %q`, scheme)
	}
	return scheme, nil
}

// checkTemplate refuses all but the template of a text and </s>.
func (c *component) checkTemplate(eos int32) error {
	if c == nil || c.Type != "TemplateProcessing" {
		found := "null"
		if c != nil {
			found = c.settings()
		}
		return fmt.Errorf("it must be a TemplateProcessing that adds </s>, found %s", found)
	}
	s := c.Single
	if len(s) != 2 || s[0].Sequence == nil || s[0].Sequence.ID != "A" || s[1].SpecialToken == nil {
		return errors.New("single must be the sequence A and the special token </s>")
	}
	if ids := c.SpecialTokens[s[1].SpecialToken.ID].IDs; len(ids) != 1 || ids[0] != eos {
		return fmt.Errorf("single must end with </s>, id %d; found %v", eos, ids)
	}
	return nil
}
