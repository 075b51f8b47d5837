// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A head is above a panel: its title, and its note after it in the same line, or below where one line is too short
// for both.
type head struct {
	title, note paragraph
	width       vg.Length
}

const noteGap = vg.Length(4)

func (h head) oneLine() bool {
	return len(h.title.lines) <= 1 && len(h.note.lines) <= 1 && h.title.width()+noteGap+h.note.width() <= h.width
}

func (h head) height() vg.Length {
	if h.oneLine() {
		return max(h.title.height(), h.note.height())
	}
	return h.title.height() + h.note.height()
}

func (h head) draw(c draw.Canvas, x, y vg.Length) {
	below := h.title.draw(c, x, y)
	if !h.oneLine() {
		h.note.draw(c, x, below)
		return
	}
	if len(h.title.lines) > 0 {
		x += h.title.width() + noteGap
	}
	h.note.draw(c, x, y)
}
